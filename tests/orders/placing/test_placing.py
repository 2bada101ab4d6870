"""Placing an order in each way, and every way in which it is refused (F1, F2, F3)."""

import re
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import SKU
from catalog.prices import WayNotOffered
from catalog.services import products
from catalog.services.stock import NotListed, SoldOut, UnknownSKU
from core import actors, clock
from core.crypto import EncryptedTextField
from core.db import broken_constraint
from core.errors import InvalidInput
from orders import payments
from orders.models import CartLine, Order, OrderItem, OrderMove, OrderState, Payment
from orders.placing.queries.basket import basket_of_choices
from orders.placing.rules import numbers, pricing
from orders.placing.services import cancelling, cart, new_order, placing
from points import ledger
from points.ledger import audit
from points.ledger.models import PointsEntry, PointsHold
from points.ledger.queries import balance
from tests.orders.conftest import STAFF

ORDER_SENDS = [
    "FROM catalog_sku",
    "FROM points_member_tier",
    "INSERT INTO orders_order",
    "FROM ledger_spend",
    "INSERT INTO core_outboxmessage",
    "UPDATE catalog_sku",
]


def stock_of(sku):
    return SKU.objects.get(pk=sku.pk).stock


def nothing_happened(member, sku, at, *, points=5000, stock=10):
    assert not Order.objects.exists()
    assert not OrderItem.objects.exists()
    assert not OrderMove.objects.exists()
    assert not Payment.objects.exists()
    assert not PointsHold.objects.exists()
    assert balance(member.pk, at=at).available == points
    assert stock_of(sku) == stock


def test_points_only_is_captured_at_once(place, cup, candle, member, at):
    order = place((cup, "points", 2), (candle, "points", 1), note=" 请放门口 ")
    assert order.state == OrderState.TO_SHIP
    assert (order.points, order.cash_fen, order.goods_points, order.paid_at) == (4300, 0, 4300, at)
    assert order.note == "请放门口"
    assert order.pay_before is None
    assert not order.payments.exists()
    assert balance(member.pk, at=at).available == 700
    assert balance(member.pk, at=at).held == 0
    entry = PointsEntry.objects.get(account=member.pk, key=f"order:{order.number}:capture")
    assert (entry.points, entry.kind, entry.source) == (-4300, "redeem", f"order:{order.number}")
    assert (stock_of(cup), stock_of(candle)) == (8, 9)
    assert [(m.from_state, m.to_state) for m in order.moves.all()] == [("", "to_ship")]
    assert audit.run().breaks == []


def test_with_cash_points_are_held_until_paid(place, cup, member, at, parameters):
    parameters["points.payment_window"] = 45
    order = place((cup, "mixed", 2))
    assert order.state == OrderState.PENDING_PAYMENT
    assert (order.points, order.cash_fen) == (800, 6400)
    assert order.pay_before == at + timedelta(minutes=45)
    assert order.paid_at is None
    now = balance(member.pk, at=at)
    assert (now.available, now.held, now.total) == (4200, 800, 5000)
    assert not PointsEntry.objects.filter(account=member.pk, kind="redeem").exists()
    payment = order.payments.get()
    assert (payment.amount_fen, payment.provider, payment.state) == (6400, "sandbox", "open")
    assert stock_of(cup) == 8
    assert audit.run().breaks == []


def test_both_ways_of_one_sku_in_one_order(place, cup):
    order = place((cup, "points", 1), (cup, "mixed", 1))
    assert (order.points, order.cash_fen) == (1400, 3200)
    assert stock_of(cup) == 8


def test_the_order_is_a_snapshot(place, cup, at):
    order = place((cup, "mixed", 1))
    product = cup.product
    product.name, product.name_en = "新名字", "New name"
    cup.mixed_points, cup.mixed_fen = 9999, 999_900
    products.save_product(product=product, skus=[cup], by=STAFF, at=at)
    order.refresh_from_db()
    item = order.items.get()
    assert (item.product_name, item.unit_points, item.unit_fen) == ("保温杯", 400, 3200)
    assert (order.points, order.cash_fen) == (400, 3200)
    assert pricing.restored(order.sums)[0] == pricing.Sum("goods_points", points=400)


def test_the_address_is_a_snapshot_that_nobody_reads_in_the_table(place, cup, address, member, at):
    order = place((cup, "points", 1))
    address.delete()
    order = Order.objects.get(pk=order.pk)
    assert (order.ship_name, order.ship_phone) == ("林晓雯", "+8613800000001")
    assert order.ship_address == "北京市朝阳区望京街道花家地南里8号楼2单元1103"
    with connection.cursor() as cursor:
        cursor.execute("SELECT ship_name, ship_phone, ship_address FROM orders_order")
        raw = " ".join(cursor.fetchone())
    assert "林" not in raw
    assert "13800000001" not in raw
    assert "望京" not in raw


def test_a_new_field_is_written_with_the_order(place, cup, with_field, monkeypatch):
    for model in (Order, OrderItem, OrderMove):
        with_field(model, "door", EncryptedTextField(default="3号门"))
    monkeypatch.setattr(new_order, "_statement", new_order._statement.__wrapped__)
    order = Order.objects.get(pk=place((cup, "points", 1)).pk)
    assert (order.door, order.items.get().door, order.moves.get().door) == ("3号门",) * 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT o.door || i.door || m.door FROM orders_order o, orders_orderitem i, orders_ordermove m")
        assert "3号门" not in cursor.fetchone()[0]


def test_the_same_form_twice_is_one_order(place, cup, candle, member, at):
    key = uuid.uuid4()
    first = place((cup, "points", 1), form_key=key)
    again = place((cup, "points", 1), form_key=key)
    assert first == again
    assert Order.objects.count() == 1
    assert balance(member.pk, at=at).available == 4000
    assert stock_of(cup) == 9


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": 2}, {"way": "mixed"}, {"note": "放门口"}, {"deduct": 100}, {"coupons": (1,)},
        {"provider": "alipay"}, {"expected": "x"}, {"phone": "+8613900000002"}, {"detail": "广渠路9号"},
        {"address": None},
    ],
)  # fmt: skip
def test_the_same_form_with_other_choices_is_refused(place, cup, member, address, at, changed):
    """Never silently the first order: it goes to the old address."""
    key = uuid.uuid4()
    choice = {"way": "points", "quantity": 1}
    first = place((cup, *choice.values()), form_key=key)
    for name in ("phone", "detail"):
        if name in changed:
            setattr(address, name, changed[name])
    choice |= {name: value for name, value in changed.items() if name in choice}
    options = {name: changed[name] for name in changed if name not in (*choice, "phone", "detail")}
    with pytest.raises(placing.FormUsed) as refused:
        place((cup, *choice.values()), form_key=key, **options)
    assert first.number in str(refused.value)
    assert Order.objects.count() == 1
    assert balance(member.pk, at=at).available == 4000
    assert stock_of(cup) == 9


def test_a_form_of_an_order_without_a_digest_finds_it(place, cup, candle):
    first = place((cup, "points", 1))
    Order.objects.update(form_digest="")
    assert place((candle, "points", 1), form_key=first.form_key) == first


def test_a_second_order_of_the_same_goods_is_asked_about(place, cup, candle, at):
    first = place((cup, "points", 1), known="")
    assert place((candle, "points", 1), known="")  # other goods
    for lines in ([(cup, "points", 1)], [(cup, "mixed", 3)], [(candle, "points", 1), (cup, "points", 1)]):
        with pytest.raises(placing.OrderedJustNow):
            place(*lines, known="")
    second = place((cup, "points", 1), known=first.number)
    with pytest.raises(placing.OrderedJustNow) as refused:
        place((cup, "points", 1), known=first.number)
    assert second.number in str(refused.value)
    assert Order.objects.count() == 3


def test_after_some_minutes_or_a_cancellation_nobody_is_asked(place, cup, member, at):
    cancelled = place((cup, "points", 1), known="")
    cancelling.cancel_order(order=cancelled, by=actors.member(member.pk), at=at)
    assert place((cup, "points", 1), known="")
    assert place((cup, "points", 1), known="", at=at + timedelta(minutes=10))


def test_a_form_key_is_the_members_own(place, make_member, cup):
    key = uuid.uuid4()
    stranger = make_member()
    mine = place((cup, "points", 1), form_key=key)
    theirs = place((cup, "points", 1), form_key=key, member=stranger, address=stranger.addresses.get())
    assert mine != theirs


def test_a_taken_number_is_drawn_again(place, cup, at, monkeypatch):
    first = place((cup, "points", 1))
    drawn = iter([first.number, first.number, "M26112099999999"])
    monkeypatch.setattr(numbers, "new_number", lambda date: next(drawn))
    assert place((cup, "points", 1)).number == "M26112099999999"
    monkeypatch.setattr(numbers, "new_number", lambda date: first.number)
    with pytest.raises(IntegrityError):
        place((cup, "points", 1))


def test_another_broken_constraint_is_no_taken_number(place, cup, monkeypatch):
    """It is not tried again, and it is nobody's form."""
    tries = []
    write = new_order.write

    def broken(new, basket, **options):
        tries.append(1)
        nonsense = replace(basket.priced, sums=(pricing.Sum("goods_points", points=-1),))
        broken_basket = replace(basket)
        broken_basket.__dict__["priced"] = nonsense
        return write(new, broken_basket, **options)

    monkeypatch.setattr(new_order, "write", broken)
    with pytest.raises(IntegrityError) as refused:
        place((cup, "points", 1))
    assert broken_constraint(refused.value).startswith("o")
    assert len(tries) == 1


def test_the_number_tells_the_shops_day_and_cannot_be_counted_on(at):
    drawn = {numbers.new_number(clock.shop_date(at)) for _ in range(50)}
    assert len(drawn) == 50
    assert all(re.fullmatch(rf"M{clock.shop_date(at):%y%m%d}[0-9]{{8}}", number) for number in drawn)


def test_a_number_survives_a_spreadsheet(at):
    """No number is made of it, and none of the letters that mark payments, refunds and tries is in it."""
    number = numbers.new_number(clock.shop_date(at))
    with pytest.raises(ValueError, match=number):
        float(number)
    assert not set(number) & set("PRTE")
    assert len(number) <= 15


def test_an_older_number_of_digits_alone_stays_good(place, cup, signed_in, monkeypatch):
    monkeypatch.setattr(numbers, "new_number", lambda date: "2026112012345678")
    place((cup, "mixed", 1))
    assert signed_in.get("/orders/2026112012345678/").status_code == 200


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, "2", None])
def test_quantities_out_of_range(place, cup, member, at, quantity):
    with pytest.raises(InvalidInput):
        place((cup, "points", quantity))
    nothing_happened(member, cup, at)


def test_quantity_bounds(place, make_sku):
    sku = make_sku("CHEAP", points_price=1, stock=200)
    assert place((sku, "points", 1)).points == 1
    assert place((sku, "points", 99)).points == 99


def test_a_line_twice_is_refused(place, cup, member, at):
    with pytest.raises(InvalidInput):
        place((cup, "points", 1), (cup, "points", 1))
    nothing_happened(member, cup, at)


def test_nothing_is_no_order(place, cup, member, at):
    with pytest.raises(placing.EmptyCart):
        place()
    nothing_happened(member, cup, at)


def test_at_most_50_lines(place, make_sku, member, at, cup):
    skus = [make_sku(f"N{n}", points_price=1) for n in range(51)]
    with pytest.raises(placing.TooManyLines):
        place(*((sku, "points", 1) for sku in skus))
    nothing_happened(member, cup, at)
    assert place(*((sku, "points", 1) for sku in skus[:50])).points == 50


def test_not_enough_points(place, cup, member, at):
    with pytest.raises(ledger.NotEnoughPoints) as refused:
        place((cup, "points", 6))
    assert (refused.value.details["needed"], refused.value.details["available"]) == (6000, 5000)
    nothing_happened(member, cup, at)


@pytest.mark.parametrize("points", [999, 1000, 1001])
def test_just_enough_points(make_member, place, cup, at, points):
    buyer = make_member(points=points)

    def buy():
        return place((cup, "points", 1), member=buyer, address=buyer.addresses.get())

    if points < 1000:
        with pytest.raises(ledger.NotEnoughPoints):
            buy()
    else:
        buy()
        assert balance(buyer.pk, at=at).available == points - 1000


def test_held_points_cannot_be_spent_again(place, cup, candle, member, at):
    place((cup, "mixed", 8))  # holds 3,200 of 5,000
    with pytest.raises(ledger.NotEnoughPoints):
        place((candle, "points", 1))
    assert balance(member.pk, at=at).available == 1800


@pytest.mark.parametrize(("stock", "ok"), [(1, False), (2, True), (3, True)])
def test_the_last_pieces(place, make_sku, member, at, stock, ok):
    sku = make_sku("LAST", points_price=10, stock=stock)
    if ok:
        place((sku, "points", 2))
        assert stock_of(sku) == stock - 2
    else:
        with pytest.raises(SoldOut):
            place((sku, "points", 2))
        nothing_happened(member, sku, at, stock=stock)


def test_one_sold_out_line_keeps_everything_back(place, cup, make_sku, member, at):
    gone = make_sku("GONE", points_price=10, stock=0)
    with pytest.raises(SoldOut):
        place((cup, "points", 1), (gone, "points", 1))
    nothing_happened(member, cup, at)


def test_an_unlisted_product(place, cup, member, at):
    products.unlist_product(product=cup.product, by=STAFF, at=at)
    with pytest.raises(NotListed) as refused:
        place((cup, "points", 1))
    assert "保温杯" in str(refused.value)
    nothing_happened(member, cup, at)


def test_an_unknown_sku(place, cup, member, at):
    cup.pk = 10**12
    with pytest.raises(UnknownSKU):
        place((cup, "points", 1))


def test_a_way_that_is_not_offered(place, candle, member, at):
    for way in ("mixed", "gratis"):
        with pytest.raises(WayNotOffered):
            place((candle, way, 1))
    nothing_happened(member, candle, at)


def test_a_stale_sum_stops_it(place, cup, member, at):
    shown = basket_of_choices(member, [pricing.Choice(cup.pk, "points", 1)], at=at).priced.digest
    cup.points_price = 900
    products.save_product(product=cup.product, skus=[cup], by=STAFF, at=at)
    with pytest.raises(placing.PriceChanged) as refused:
        place((cup, "points", 1), expected=shown)
    nothing_happened(member, cup, at)
    new = refused.value.details["priced"]
    assert new.points == 900
    assert place((cup, "points", 1), expected=new.digest).points == 900


def test_the_address_must_be_the_members(place, cup, make_member, member, at):
    stranger = make_member(points=0)
    for address in (None, stranger.addresses.get()):
        with pytest.raises(placing.AddressMissing):
            place((cup, "points", 1), address=address)
    nothing_happened(member, cup, at)


def test_cash_needs_a_provider_that_is_offered(place, cup, member, at, settings):
    with pytest.raises(placing.PaymentWayMissing):
        place((cup, "mixed", 1), provider=None)
    with pytest.raises(payments.UnknownProvider):
        place((cup, "mixed", 1), provider="goldbars")
    settings.PAYMENT_PROVIDERS = []
    with pytest.raises(payments.UnknownProvider):
        place((cup, "mixed", 1))
    nothing_happened(member, cup, at)


def test_points_alone_need_no_provider(place, cup, settings):
    settings.PAYMENT_PROVIDERS = []
    assert place((cup, "points", 1), provider=None).state == OrderState.TO_SHIP


def test_the_cart_loses_what_was_placed_and_nothing_else(place, cup, candle, member, make_member, at):
    stranger = make_member()
    for owner, sku in ((member, cup), (member, candle), (stranger, cup)):
        cart.put(member=owner, sku_id=sku.pk, way="points", quantity=1, at=at)
    place((cup, "points", 1))
    assert CartLine.objects.count() == 3
    products.unlist_product(product=candle.product, by=STAFF, at=at)
    order = place(from_cart=True)
    assert [item.sku for item in order.items.all()] == [cup]
    assert [(line.member, line.sku) for line in CartLine.objects.order_by("pk")] == [(member, candle), (stranger, cup)]


@pytest.mark.parametrize(("stock", "error"), [(0, placing.EmptyCart), (9, ledger.NotEnoughPoints)])
def test_a_refusal_leaves_the_cart(place, make_sku, member, at, stock, error):
    gone = make_sku("GONE", points_price=10_000, stock=stock)
    cart.put(member=member, sku_id=gone.pk, way="points", quantity=1, at=at)
    with pytest.raises(error):
        place(from_cart=True)
    assert CartLine.objects.count() == 1


def test_a_shelf_that_empties_meanwhile_leaves_the_cart(place, cup, member, at, monkeypatch):
    cart.put(member=member, sku_id=cup.pk, way="points", quantity=1, at=at)
    write = new_order.write

    def others_are_faster(*args, **options):
        SKU.objects.filter(pk=cup.pk).update(stock=0)
        return write(*args, **options)

    monkeypatch.setattr(new_order, "write", others_are_faster)
    with pytest.raises(SoldOut):
        place(from_cart=True)
    assert CartLine.objects.count() == 1
    assert not Order.objects.exists()


def test_an_order_is_read_and_priced_once(place, cup):
    """With points alone: goods, tier, the row, the points, the outbox, the shelf."""
    place((cup, "points", 1))  # figures, rules and rates are known now
    with CaptureQueriesContext(connection) as queries:
        place((cup, "points", 1))
    sent = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert [next((name for name in ORDER_SENDS if name in sql), sql) for sql in sent] == ORDER_SENDS


def test_popularity_follows(place, cup, committing):
    with committing():
        place((cup, "points", 2))
    cup.product.refresh_from_db()
    assert cup.product.redeemed_count == 2


def test_the_database_refuses_nonsense(place, cup):
    order = place((cup, "mixed", 1))
    for wrong in ({"cash_fen": 0, "points": 0}, {"state": "lost"}, {"cash_fen": 999_999}, {"pay_before": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(**wrong)


def test_who_did_it(place, cup, member):
    order = place((cup, "points", 1))
    assert order.moves.get().by == actors.member(member.pk)


def test_a_member_holds_no_more_than_so_many_unpaid_orders(place, make_member, cup, parameters, at):
    parameters["orders.max_unpaid"] = 2
    first, _second = place((cup, "mixed", 1)), place((cup, "mixed", 1))
    with pytest.raises(placing.TooManyUnpaid):
        place((cup, "mixed", 1))
    assert stock_of(cup) == 8
    assert place((cup, "mixed", 1), form_key=first.form_key) == first
    place((cup, "points", 1))  # nothing to pay
    other = make_member()
    place((cup, "mixed", 1), member=other, address=other.addresses.get())
    cancelling.cancel_order(order=first, by=actors.system("test"), at=at)
    place((cup, "mixed", 1))
