"""Checkout with wishes: points instead of cash, coupons, a parcel by region, a tier's benefits (F1, F11, F12, C13)."""

import re

import pytest
from django.db.models import Sum
from django.urls import reverse

from accounts.services import save_address
from catalog.services import products
from core import actors
from core.clock import shop_date
from orders.coupons.services import coupons
from orders.models import PAID_FEN, PAID_POINTS, Coupon, CouponType, Order, OrderItem, ShippingRate
from orders.placing.queries.basket import basket_of_cart
from orders.placing.queries.facts import Wishes
from orders.placing.rules.availability import ReservedForTier
from orders.placing.services import cancelling, cart, new_order, placing
from orders.shipping.rules import RATES, Rate
from orders.shipping.services import shipping_rates
from points import ledger
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.ledger import audit
from points.ledger.queries import balance
from points.tiers.services import tiers as tier_services
from tests.orders.conftest import STAFF

XINJIANG = "650102"


@pytest.fixture
def lamp(make_sku):
    """50 yuan cash, or 5,000 points; 600 g."""
    return make_sku("LAMP", name="台灯", cash_fen=5000, points_price=5000, weight_g=600)


@pytest.fixture
def gold(member, at):
    """The member is gold by hand: 5 % off points, free parcels."""
    tier_services.pin(member=member.pk, tier="gold", reason="测试", by=STAFF, at=at)


@pytest.fixture
def rates():
    RATES.pin((Rate(frozenset({"65"}), first_g=1000, first_fen=1800), Rate(first_g=1000, first_fen=800)))
    yield
    RATES.forget()


@pytest.fixture
def coupon(member, at):
    kind = CouponType(code="off10", name="满30减10", kind="cash_off", off_fen=1000, minimum_fen=3000, valid_days=9)
    coupons.save_type(coupon_type=kind, by=STAFF, at=at)
    return coupons.give(coupon_type=kind, member=member, key="x", by=STAFF, at=at)


def shares_add_up(order):
    sums = order.items.aggregate(points=Sum(PAID_POINTS), fen=Sum(PAID_FEN))
    assert (sums["points"], sums["fen"]) == (order.points, order.cash_fen - order.shipping_fen)


def test_deducted_points_are_part_of_the_hold(place, lamp, cup, member, at):
    order = place((lamp, "cash", 1), (cup, "mixed", 1), deduct=9999)
    assert (order.points, order.cash_fen) == (2900, 5700)
    assert (order.goods_points, order.goods_fen, order.deduction_points, order.deduction_fen) == (400, 8200, 2500, 2500)
    now = balance(member.pk, at=at)
    assert (now.available, now.held) == (2100, 2900)
    assert [(item.way, item.paid.points, item.paid.fen) for item in order.items.all()] == [
        ("cash", 2500, 2500),
        ("mixed", 400, 3200),
    ]
    shares_add_up(order)
    assert order.payments.get().amount_fen == 5700
    cancelling.cancel_order(order=order, by=actors.member(member.pk), at=at)
    assert balance(member.pk, at=at).available == 5000
    assert audit.run().breaks == []


def test_points_may_pay_all_of_it(place, lamp, at, parameters):
    parameters["orders.deduction_percent"] = 100
    order = place((lamp, "cash", 1), deduct=5000, provider=None)
    assert (order.points, order.cash_fen, order.state, order.paid_at) == (5000, 0, "to_ship", at)
    assert audit.run().breaks == []


def test_orders_from_before_shares_were_kept(place, cup):
    order = place((cup, "mixed", 2))
    OrderItem.objects.update(paid_points=None, paid_fen=None)
    item = order.items.get()
    assert (item.paid.points, item.paid.fen) == (800, 6400)
    shares_add_up(order)


def test_the_version_of_the_rules_is_kept(place, cup, member, at):
    assert place((cup, "points", 1)).rule_version == rule_sets.for_member(member.pk, at).version


def test_the_tier_lowers_the_points(place, candle, cup, gold, member, at):
    order = place((candle, "points", 1), (cup, "points", 1))
    assert (order.goods_points, order.discount_points, order.points) == (3300, 165, 3135)
    assert [line["code"] for line in order.sums] == ["goods_points", "tier_discount", "shipping"]
    assert sum(item.paid.points for item in order.items.all()) == 3135
    shares_add_up(order)


def test_member_day_lowers_them_further(place, cup, gold, parameters, at):
    parameters["points.member_day"] = f"month:{shop_date(at).day}"
    assert place((cup, "points", 1)).points == 1000 - 50 - 950 * 3 // 100


def test_the_parcel(place, lamp, member, rates, at):
    assert place((lamp, "cash", 1)).shipping_fen == 800
    far = save_address(
        member=member, by=STAFF, at=at, name="林", phone="+8613800000001", region_code=XINJIANG, detail="8号楼"
    )
    order = place((lamp, "points", 1), address=far)
    assert (order.points, order.cash_fen, order.shipping_fen, order.state) == (5000, 1800, 1800, "pending_payment")
    shares_add_up(order)


def test_a_tier_sends_for_nothing(place, lamp, gold, rates):
    order = place((lamp, "cash", 1))
    assert (order.cash_fen, order.shipping_fen) == (5000, 0)


def test_rates_count_at_once(db, at):
    assert RATES.get() == ()
    rate = ShippingRate(name="新疆", provinces=["65"], first_fen=1800)
    shipping_rates.save_rate(rate=rate, by=STAFF, at=at)
    RATES.forget()
    assert RATES.get() == (Rate(frozenset({"65"}), 1000, 1800, 1000, 0, None),)


def test_goods_reserved_for_a_tier(place, candle, member, make_member, signed_in, at):
    candle.product.reserved_tier = "gold"
    products.save_product(product=candle.product, by=STAFF, at=at)
    with pytest.raises(ReservedForTier) as refused:
        place((candle, "points", 1))
    assert "金卡" in str(refused.value)
    with pytest.raises(ReservedForTier):
        cart.put(member=member, sku_id=candle.pk, way="points", quantity=1, at=at)
    candle.product.reserved_tier = ""
    products.save_product(product=candle.product, by=STAFF, at=at)
    cart.put(member=member, sku_id=candle.pk, way="points", quantity=1, at=at)
    candle.product.reserved_tier = "gold"
    products.save_product(product=candle.product, by=STAFF, at=at)
    (line,) = basket_of_cart(member, at=at).unavailable
    assert "金卡" in line.problem
    tier_services.pin(member=member.pk, tier="diamond", reason="测试", by=STAFF, at=at)
    assert place((candle, "points", 1)).points == 2300 - 184


# What the rules of points refuse


@pytest.fixture
def ruled(monkeypatch):
    """``ruled(rule)``: these rules of points are in force."""

    def put(*rules):
        monkeypatch.setattr(rule_sets, "for_member", lambda member_id, at: engine.RuleSet("v9", rules))

    return put


def test_a_veto_leaves_the_points(place, lamp, ruled):
    ruled(engine.build_rule("tier_may_not_deduct", {"tier": "normal"}))
    order = place((lamp, "cash", 1), deduct=1000)
    assert (order.points, order.cash_fen, order.rule_version) == (0, 5000, "v9")


def test_the_limit_of_a_day_counts_earlier_orders(place, lamp, ruled, at):
    ruled(engine.build_rule("deduction_a_day", {"points": 2000}))
    assert place((lamp, "cash", 1), deduct=1500).deduction_points == 1500
    assert place((lamp, "cash", 1), deduct=600).deduction_points == 0
    assert place((lamp, "cash", 1), deduct=500).deduction_points == 500


def test_the_points_that_stay_are_looked_at_again_when_points_are_taken(place, lamp, ruled, member, at, monkeypatch):
    ruled(engine.build_rule("keep_balance", {"points": 100}))
    write = new_order.write

    def points_go_elsewhere(*args, **options):
        ledger.spend(account=member.pk, points=3950, kind="redeem", key="elsewhere", by=STAFF, at=at)
        return write(*args, **options)

    monkeypatch.setattr(new_order, "write", points_go_elsewhere)
    with pytest.raises(placing.DeductionRefused):
        place((lamp, "cash", 1), deduct=1000)
    assert not Order.objects.exists()


# The page, as a browser without a script sends it


def fields_of(response, **changes):
    html = response.content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="(form_key|quote|shown|address)" value="([^"]*)"', html))
    return sent | {"provider": "sandbox"} | changes


def test_the_update_button_works_out_the_sum(signed_in, lamp, coupon, at):
    url = f"/checkout/?sku={lamp.pk}&way=cash&quantity=1"
    first = signed_in.get(url)
    assert first.context["priced"].fen == 5000
    assert "满30减10" in first.content.decode()
    wishes = {"deduct": "1050", "coupon": ["", str(coupon.pk)], "update": "1"}
    shown = signed_in.post(url, fields_of(first, **wishes))
    assert shown.status_code == 200
    assert not Order.objects.exists()
    assert (shown.context["priced"].points, shown.context["priced"].fen) == (1000, 3000)
    html = shown.content.decode()
    assert 'value="1050"' in html
    assert [note.code for note in shown.context["priced"].notes] == ["deduction_less"]
    wishes.pop("update")
    placed = signed_in.post(url, fields_of(shown, **wishes))
    assert placed.status_code == 302
    order = Order.objects.get()
    assert (order.points, order.cash_fen, order.discount_fen, order.deduction_fen) == (1000, 3000, 1000, 1000)
    assert Coupon.objects.get().order == order
    page = signed_in.get(order.get_absolute_url()).content.decode()
    assert "满30减10" in page


def test_wishes_that_were_not_worked_out_stop_it(signed_in, lamp):
    url = f"/checkout/?sku={lamp.pk}&way=cash&quantity=1"
    response = signed_in.post(url, fields_of(signed_in.get(url), deduct="500"))
    assert response.status_code == 409
    assert any("500" in after for _name, _before, after in response.context["changes"])
    assert not Order.objects.exists()


def test_what_changed_is_named(signed_in, lamp, at):
    url = f"/checkout/?sku={lamp.pk}&way=cash&quantity=1"
    sent = fields_of(signed_in.get(url))
    lamp.cash_fen = 6000
    products.save_product(product=lamp.product, skus=[lamp], by=STAFF, at=at)
    response = signed_in.post(url, sent)
    assert ("台灯", "¥50 × 1", "¥60 × 1") in response.context["changes"]
    assert signed_in.post(url, sent | {"shown": "forged"}).context["changes"] == []


def test_another_address_another_fee(signed_in, lamp, member, rates, at):
    far = save_address(
        member=member, by=STAFF, at=at, name="林", phone="+8613800000001", region_code=XINJIANG, detail="8号楼"
    )
    url = f"/checkout/?sku={lamp.pk}&way=cash&quantity=1"
    first = signed_in.get(url)
    assert first.context["priced"].shipping_fen == 800
    other = signed_in.post(url, fields_of(first, address=far.pk, update="1"))
    assert other.context["priced"].shipping_fen == 1800


@pytest.mark.parametrize("wrong", [{"deduct": "-1"}, {"deduct": "x"}, {"coupon": "x"}, {"coupon": "٣"}])
def test_wishes_that_are_none(signed_in, lamp, wrong):
    url = f"/checkout/?sku={lamp.pk}&way=cash&quantity=1"
    assert signed_in.post(url, fields_of(signed_in.get(url), **wrong)).status_code == 409
    assert not Order.objects.exists()


def test_the_cart_shows_the_same_sum(signed_in, lamp, cup, gold, rates, fill_cart):
    fill_cart((lamp, "cash", 1), (cup, "points", 1))
    sums = signed_in.get("/cart/").context["basket"].priced.sums
    assert sums == signed_in.get("/checkout/").context["priced"].sums
    assert {"tier_discount", "tier_shipping"} <= {line.code for line in sums}


@pytest.fixture
def fill_cart(member, at):
    def fill(*lines):
        for sku, way, quantity in lines:
            cart.put(member=member, sku_id=sku.pk, way=way, quantity=quantity, at=at)

    return fill


def test_one_price_from_cart_to_order(place, lamp, cup, candle, gold, coupon, rates, member, address, at, fill_cart):
    """The digest that cart and checkout show is the one that placing works out."""
    lines = [(lamp, "cash", 2), (cup, "mixed", 1), (candle, "points", 1)]
    fill_cart(*lines)
    wishes = Wishes(deduct=1200, coupons=(coupon.pk,), region=address.region_code)
    shown = basket_of_cart(member, at=at, wishes=wishes).priced
    order = place(deduct=1200, coupons=(coupon.pk,), expected=shown.digest, from_cart=True)
    assert (order.points, order.cash_fen) == (shown.points, shown.fen)
    shares_add_up(order)


def test_staff_keep_rates(admin_client, at):
    url = reverse("admin:orders_shippingrate_add")
    data = {"name": "新疆西藏", "provinces": ["65", "54"], "first_g": 1000, "first_fen": "18", "further_g": 500}
    data |= {"further_fen": "6.5", "free_from_fen": "", "is_active": "on", "position": 0}
    assert admin_client.post(url, data).status_code == 302
    rate = ShippingRate.objects.get()
    assert (rate.provinces, rate.first_fen, rate.further_fen, rate.free_from_fen) == (["65", "54"], 1800, 650, None)
    assert admin_client.get(reverse("admin:orders_shippingrate_change", args=[rate.pk])).status_code == 200
    assert "新疆西藏" in admin_client.get(reverse("admin:orders_shippingrate_changelist")).content.decode()
