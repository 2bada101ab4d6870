"""What an order costs (F1, F2): one pure function, tried by tables and by chance."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.prices import Price
from core.formats import price_text
from orders.placing.rules.pricing import (
    Applied,
    Choice,
    CouponTerms,
    DeductionPolicy,
    Goods,
    PricingFacts,
    Stage,
    Sum,
    changes,
    price_order,
    restored,
    rules,
    stored,
)
from orders.shipping.rules import Rate
from points.tiers.rules import Benefits

CUP_POINTS = Goods(Choice(1, "points", 1), Price(1000))
CUP_MIXED = Goods(Choice(1, "mixed", 1), Price(400, 3200))
CUP_CASH = Goods(Choice(1, "cash", 1), Price(0, 5000), weight_g=500)
SILVER = Benefits("silver", Decimal("1.2"), 2, 0, False, False)
HERE = Rate(frozenset({"11"}), first_g=1000, first_fen=800, further_g=500, further_fen=300, free_from_fen=9900)
FAR = Rate(first_g=1000, first_fen=1500, further_g=1000, further_fen=1000)


def price(*goods, **facts):
    return price_order(PricingFacts(tuple(goods), **facts))


def goods(sku, way, quantity, points, fen=0, weight=None):
    return Goods(Choice(sku, way, quantity), Price(points, fen), weight)


# Goods alone


@pytest.mark.parametrize(
    ("lines", "points", "fen", "pieces"),
    [
        ([], 0, 0, 0),
        ([CUP_POINTS], 1000, 0, 1),
        ([goods(1, "points", 99, 1000)], 99_000, 0, 99),
        ([CUP_MIXED], 400, 3200, 1),
        ([goods(1, "mixed", 3, 400, 3333)], 1200, 9999, 3),
        ([CUP_POINTS, CUP_MIXED, goods(2, "points", 2, 2300)], 6000, 3200, 4),
        ([CUP_CASH], 0, 5000, 1),
        ([goods(n, "points", 99, 2**31 - 1) for n in range(50)], 50 * 99 * (2**31 - 1), 0, 4950),
    ],
)
def test_totals(lines, points, fen, pieces):
    priced = price(*lines)
    assert (priced.points, priced.fen, priced.pieces) == (points, fen, pieces)
    assert priced.points == sum(line.points for line in priced.lines)
    assert priced.fen == sum(line.fen for line in priced.lines) + priced.of("shipping").fen


def test_each_amount_has_a_line():
    assert price(CUP_POINTS, CUP_MIXED).sums == (
        Sum("goods_points", points=1400),
        Sum("goods_cash", fen=3200),
        Sum("shipping"),
    )
    assert [line.code for line in price(CUP_POINTS).sums] == ["goods_points", "shipping"]
    assert all(line.label and line.text for line in price(CUP_MIXED).sums)


def test_sums_survive_storing():
    sums = price(CUP_MIXED, CUP_CASH, benefits=SILVER, deduct=2000).sums
    assert tuple(restored(stored(sums))) == sums
    assert all(line.note for line in sums if line.code in ("tier_discount", "deduction"))


def test_rules_run_in_the_order_of_stages():
    stages = [stage for stage, _rule in rules()]
    assert stages == sorted(stages)
    assert set(Stage) - set(stages) == {Stage.PROMOTION}  # lowered prices and bundles come here (E7)


# Tier and member day (C13)


@pytest.mark.parametrize(
    ("points", "percent", "taken"), [(1000, 2, 20), (1049, 2, 20), (1050, 2, 21), (49, 2, 0), (1, 99, 0), (7, 50, 3)]
)
def test_a_percentage_is_rounded_down_once(points, percent, taken):
    priced = price(goods(1, "points", 1, points), benefits=replace(SILVER, discount_percent=percent))
    assert (priced.points, priced.discount_points) == (points - taken, taken)


def test_the_tier_lowers_points_not_cash():
    priced = price(CUP_MIXED, CUP_CASH, benefits=replace(SILVER, discount_percent=50))
    assert (priced.points, priced.fen) == (200, 8200)


def test_member_day_comes_off_what_the_tier_left():
    benefits = replace(SILVER, discount_percent=10, member_day_percent=10, is_member_day=True)
    priced = price(CUP_POINTS, benefits=benefits)
    assert [(line.code, line.points) for line in priced.sums][:3] == [
        ("goods_points", 1000), ("tier_discount", -100), ("member_day", -90),
    ]  # fmt: skip
    assert price(CUP_POINTS, benefits=replace(benefits, is_member_day=False)).points == 900


# Coupons (F11)

OFF = CouponTerms(7, "cash_off", "减10元", off_fen=1000, minimum_fen=5000)
DAY = CouponTerms(8, "member_day", "会员日9折", percent=10)
FREE = CouponTerms(9, "free_shipping", "免运费")


@pytest.mark.parametrize(
    ("fen", "minimum", "off", "left", "used"),
    [
        (4999, 5000, 1000, 4999, ()),
        (5000, 5000, 1000, 4000, (7,)),
        (5001, 5000, 1000, 4001, (7,)),
        (900, 0, 1000, 0, (7,)),  # never below nothing
        (1, 0, 1, 0, (7,)),
    ],
)
def test_cash_off(fen, minimum, off, left, used):
    coupon = replace(OFF, minimum_fen=minimum, off_fen=off)
    priced = price(goods(1, "cash", 1, 0, fen), coupons=(coupon,))
    assert (priced.fen, priced.coupons) == (left, used)
    assert bool(priced.notes) != bool(used)


def test_a_coupon_with_nothing_to_lower_stays():
    priced = price(CUP_POINTS, coupons=(replace(OFF, minimum_fen=0), FREE))
    assert priced.coupons == ()
    assert [note.code for note in priced.notes] == ["coupon_nothing", "coupon_nothing"]
    assert all(str(note) for note in priced.notes)


def test_the_member_day_coupon_counts_on_member_days():
    today = replace(SILVER, discount_percent=0, is_member_day=True)
    assert price(CUP_POINTS, benefits=today, coupons=(DAY,)).points == 900
    other = price(CUP_POINTS, benefits=SILVER, coupons=(DAY,))
    assert (other.points, other.coupons, other.notes[0].code) == (980, (), "coupon_not_today")


def test_one_of_a_kind():
    priced = price(CUP_CASH, coupons=(OFF, replace(OFF, id=17, name="另一张", off_fen=2000)))
    assert (priced.coupons, priced.fen) == ((7,), 4000)
    assert [note.code for note in priced.notes] == ["coupon_same_kind"]


# Points instead of cash (F1)


@pytest.mark.parametrize(
    ("requested", "available", "applied", "note"),
    [
        (0, 9999, 0, None),
        (99, 9999, 0, "deduction_minimum"),  # under the minimum
        (100, 9999, 100, None),
        (150, 9999, 100, "deduction_less"),  # whole steps
        (2500, 9999, 2500, None),  # half of 50 yuan
        (2501, 9999, 2500, "deduction_less"),
        (10**9, 9999, 2500, "deduction_less"),
        (2500, 2499, 2400, "deduction_less"),  # the balance
        (2500, 99, 0, "deduction_minimum"),
        (2500, None, 2500, None),
    ],
)
def test_the_deduction_is_clamped(requested, available, applied, note):
    priced = price(CUP_CASH, deduct=requested, available=available)
    assert priced.deduction.applied == applied
    assert priced.deduction.requested == requested
    assert (priced.points, priced.fen) == (applied, 5000 - applied)
    assert [n.code for n in priced.notes] == ([note] if note else [])


def test_points_of_the_order_are_not_there_to_deduct():
    priced = price(CUP_POINTS, CUP_CASH, deduct=2500, available=1300)
    assert priced.deduction == Applied(2500, 300, 300)
    assert priced.points == 1300


def test_only_goods_for_cash_are_deducted():
    priced = price(CUP_MIXED, deduct=1000, available=9999)
    assert (priced.points, priced.fen, priced.notes[0].code) == (400, 3200, "deduction_none")
    both = price(CUP_MIXED, CUP_CASH, deduct=10**6, available=99_999)
    assert both.deduction.applied == 2500


@pytest.mark.parametrize(
    ("policy", "most"),
    [
        (DeductionPolicy(cap_percent=0), 0),
        (DeductionPolicy(cap_percent=100), 5000),
        (DeductionPolicy(minimum=2501), 0),
        (DeductionPolicy(minimum=2500), 2500),
        (DeductionPolicy(step=1000), 2000),
        (DeductionPolicy(step=1, minimum=1, points_per_yuan=333), 8325),
        (DeductionPolicy(step=1, minimum=1, points_per_yuan=1), 25),
    ],
)
def test_the_figures_of_a_deduction(policy, most):
    priced = price(CUP_CASH, deduct=10**6, policy=policy)
    assert priced.deduction.most == priced.deduction.applied == most
    assert priced.deduction_fen == policy.worth_fen(most)


def test_the_rules_of_points_may_refuse():
    asked = []

    def veto(points, available):
        asked.append((points, available))
        return "今天不行"

    priced = price(CUP_CASH, deduct=300, available=1000, veto=veto)
    assert (priced.points, priced.deduction.applied, str(priced.notes[0])) == (0, 0, "今天不行")
    assert asked == [(300, 1000)]


# The parcel (F12)


@pytest.mark.parametrize(
    ("grams", "region", "fen"),
    [
        (0, "110105", 0),  # nothing to send
        (None, "110105", 800),
        (1, "110105", 800),
        (1000, "110105", 800),
        (1001, "110105", 1100),
        (1500, "110105", 1100),
        (1501, "110105", 1400),
        (1001, "650102", 2500),  # everywhere else
    ],
)
def test_the_parcel_by_region_and_weight(grams, region, fen):
    priced = price(goods(1, "points", 1, 1000, weight=grams), rates=(HERE, FAR), region=region)
    assert (priced.fen, priced.shipping_fen) == (fen, fen)


@pytest.mark.parametrize(("points", "fen"), [(9899, 800), (9900, 0)])
def test_free_from_a_worth_on(points, fen):
    assert price(goods(1, "points", 1, points, weight=1), rates=(HERE,), region="110105").fen == fen


def test_no_rate_no_fee_and_no_address_no_word():
    assert price(CUP_CASH, region="110105").fen == 5000
    assert price(CUP_CASH, rates=(HERE,), region="650102").fen == 5000
    assert price(CUP_CASH, rates=(HERE,)).of("shipping").values == {"unknown": True}


def test_the_privilege_comes_before_the_coupon():
    gold = replace(SILVER, free_shipping=True, discount_percent=0)
    facts = {"rates": (HERE,), "region": "110105", "coupons": (FREE,)}
    by_coupon, by_tier = price(CUP_CASH, **facts), price(CUP_CASH, benefits=gold, **facts)
    assert (by_coupon.fen, by_coupon.coupons, by_coupon.shipping_fen) == (5000, (9,), 0)
    assert (by_tier.fen, by_tier.coupons, by_tier.of("tier_shipping").fen) == (5000, (), -800)


# What was shown


@pytest.mark.parametrize(
    "other",
    [
        price(),
        price(CUP_MIXED),
        price(goods(1, "points", 2, 1000)),
        price(goods(1, "points", 2, 500)),  # the same sum, made otherwise
        price(goods(2, "points", 1, 1000)),
        price(goods(1, "points", 1, 1001)),
        price(CUP_POINTS, benefits=SILVER),
        price(CUP_POINTS, rates=(HERE,), region="110105"),
        price(CUP_POINTS, rates=(HERE,)),
    ],
)
def test_the_digest_tells_what_was_shown(other):
    assert price(CUP_POINTS).digest != other.digest


def test_the_digest_does_not_depend_on_the_order_of_lines():
    assert price(CUP_POINTS, CUP_MIXED).digest == price(CUP_MIXED, CUP_POINTS).digest


def test_another_coupon_of_the_same_worth_is_another_order():
    one, two = price(CUP_CASH, coupons=(OFF,)), price(CUP_CASH, coupons=(replace(OFF, id=70),))
    assert one.fen == two.fen
    assert one.digest != two.digest


def test_what_changed_is_told():
    before = price(CUP_POINTS, CUP_CASH)
    after = price(goods(1, "points", 1, 900), benefits=SILVER)
    told = [(each.sku_id, str(each.label), each.before, each.after) for each in changes(before, after)]
    assert (1, "", f"{price_text(1000)} × 1", f"{price_text(900)} × 1") in told
    assert any(sku == 1 and before and not after for sku, _label, before, after in told)  # gone
    assert any(sku is None and not before and after for sku, _label, before, after in told)  # the discount is new
    assert changes(before, before) == []


# All together, by chance


@st.composite
def many_facts(draw):
    lines = []
    for sku in range(draw(st.integers(1, 8))):
        way = draw(st.sampled_from(["points", "mixed", "cash"]))
        points = 0 if way == "cash" else draw(st.integers(1, 5000))
        fen = 0 if way == "points" else draw(st.integers(1, 20_000))
        lines.append(goods(sku, way, draw(st.integers(1, 9)), points, fen, draw(st.sampled_from([None, 0, 1, 700]))))
    coupons = draw(st.lists(st.sampled_from([OFF, DAY, FREE, replace(OFF, id=71, minimum_fen=0, off_fen=10**7)])))
    return PricingFacts(
        tuple(lines),
        benefits=Benefits(
            "gold",
            Decimal(1),
            draw(st.integers(0, 99)),
            draw(st.integers(0, 99)),
            draw(st.booleans()),
            draw(st.booleans()),
        ),
        coupons=tuple({coupon.id: coupon for coupon in coupons}.values()),
        deduct=draw(st.integers(0, 10**6)),
        available=draw(st.none() | st.integers(0, 10**5)),
        policy=DeductionPolicy(
            draw(st.integers(0, 100)), draw(st.integers(1, 999)), draw(st.integers(1, 999)), draw(st.integers(1, 999))
        ),
        region=draw(st.sampled_from(["", "110105", "650102"])),
        rates=draw(st.sampled_from([(), (HERE,), (HERE, FAR)])),
    )


@settings(max_examples=400, deadline=None)
@given(many_facts())
def test_whatever_comes_the_books_are_right(facts):
    priced = price_order(facts)
    assert priced.points >= 0
    assert priced.fen >= 0
    assert sum(line.paid_points for line in priced.lines) == priced.points
    assert sum(line.paid_fen for line in priced.lines) == priced.fen - priced.shipping_fen
    assert all(line.paid_points >= 0 and 0 <= line.paid_fen <= line.fen for line in priced.lines)
    assert priced.shipping_fen >= 0
    assert min(priced.discount_points, priced.discount_fen, priced.deduction_points, priced.deduction_fen) >= 0
    # The checks of the table of orders.
    assert priced.points == priced.goods_points - priced.discount_points + priced.deduction_points
    assert priced.fen == priced.goods_fen - priced.discount_fen - priced.deduction_fen + priced.shipping_fen
    applied, policy = priced.deduction.applied, facts.policy
    assert applied == priced.deduction_points <= facts.deduct
    assert applied == 0 or (applied >= policy.minimum and applied % policy.step == 0)
    if facts.available is not None and applied:
        assert priced.points <= facts.available
    cash = sum(line.fen for line in priced.lines if line.way == "cash")
    assert priced.deduction_fen * 100 <= cash * policy.cap_percent
    assert price_order(facts).digest == priced.digest
