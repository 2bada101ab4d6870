"""Coupons under real connections at once: limits hold, one coupon lowers one order (F11)."""

import uuid
from collections import Counter

import pytest

from catalog.services import products
from core import actors, clock
from orders.coupons.services import coupons
from orders.models import Coupon, CouponClaim, CouponType, Order
from orders.placing.rules.pricing import Choice
from orders.placing.services import cancelling, placing
from points import ledger
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.ledger.queries import balance
from tests.races.test_orders import BY, STAFF, all_adds_up, at_once, make_member, no_member_day, patient  # noqa: F401

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CROWD = 16


@pytest.fixture
def make_type():
    def make(**fields):
        fields = {"name": "券", "kind": "cash_off", "off_fen": 1000, "valid_days": 30, "points_price": 10} | fields
        return coupons.save_type(coupon_type=CouponType(code=uuid.uuid4().hex, **fields), by=STAFF, at=clock.now())

    return make


@pytest.fixture
def lamp():
    at = clock.now()
    category = products.create_category(code="race", name="抢兑", by=STAFF, at=at)
    skus = [{"code": "LAMP", "cash_fen": 5000, "stock": 100}]
    return products.create_product(category=category, name="台灯", listed=True, skus=skus, by=STAFF, at=at).skus.get()


def redeem(kind, member, form_key=None):
    return coupons.redeem(
        coupon_type=kind,
        member=member,
        form_key=form_key or uuid.uuid4(),
        by=actors.member(member.pk),
        at=clock.now(),
    )


def use(member, address, lamp, coupon):
    return place(member, address, lamp, coupons=(coupon.pk,))


def place(member, address, lamp, **wishes):
    new = placing.NewOrder(
        member=member,
        choices=(Choice(lamp.pk, "cash", 1),),
        address=address,
        form_key=uuid.uuid4(),
        provider="sandbox",
        **wishes,
    )
    return placing.place_order(new=new, by=BY, at=clock.now())


def kinds(outcomes):
    return Counter(type(outcome) for outcome in outcomes)


def test_one_member_16_connections_two_allowed(make_type):
    kind = make_type(per_member=2)
    member, _address = make_member(1, 1000)
    outcomes = at_once(*(lambda: redeem(kind, member) for _n in range(CROWD)))
    assert kinds(outcomes) == {Coupon: 2, coupons.CouponLimitReached: CROWD - 2}
    assert CouponClaim.objects.get().count == CouponType.objects.get().issued == 2
    assert balance(member.pk, at=clock.now()).available == 980
    all_adds_up()


def test_16_members_five_coupons(make_type):
    kind = make_type(total=5)
    crowd = [make_member(number, 1000)[0] for number in range(CROWD)]
    outcomes = at_once(*(lambda m=m: redeem(kind, m) for m in crowd))
    assert kinds(outcomes) == {Coupon: 5, coupons.CouponsGone: CROWD - 5}
    assert CouponType.objects.get().issued == 5
    assert sum(balance(m.pk, at=clock.now()).available for m in crowd) == CROWD * 1000 - 5 * 10
    all_adds_up()


def test_points_for_three(make_type):
    kind = make_type(per_member=None, points_price=300)
    member, _address = make_member(1, 1000)
    outcomes = at_once(*(lambda: redeem(kind, member) for _n in range(CROWD)))
    assert kinds(outcomes) == {Coupon: 3, ledger.NotEnoughPoints: CROWD - 3}
    assert CouponType.objects.get().issued == CouponClaim.objects.get().count == 3


def test_one_form_16_times(make_type):
    kind, key = make_type(per_member=None), uuid.uuid4()
    member, _address = make_member(1, 1000)
    outcomes = at_once(*(lambda: redeem(kind, member, key) for _n in range(CROWD)))
    assert len({outcome.pk for outcome in outcomes}) == 1
    assert balance(member.pk, at=clock.now()).available == 990


def test_one_coupon_16_orders(make_type, lamp, parameters):
    parameters["orders.max_unpaid"] = 50
    member, address = make_member(1, 1000)
    coupon = redeem(make_type(), member)
    outcomes = at_once(*(lambda: use(member, address, lamp, coupon) for _n in range(CROWD)))
    orders = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    lowered = [order for order in orders if order.cash_fen == 4000]
    # Who priced the order after the coupon was used pays the whole; who priced it before is told.
    assert len(lowered) == 1
    assert all(order.cash_fen == 5000 for order in orders if order not in lowered)
    assert {type(o) for o in outcomes} <= {Order, coupons.CouponNotUsable}
    assert Coupon.objects.get().order == lowered[0]
    all_adds_up()


def test_used_withdrawn_or_ended_but_one(make_type, lamp):
    for number in range(6):
        member, address = make_member(number, 1000)
        coupon = redeem(make_type(), member)
        used, revoked = at_once(
            lambda m=member, a=address, c=coupon: use(m, a, lamp, c),
            lambda c=coupon: coupons.revoke(coupon=Coupon.objects.get(pk=c.pk), by=STAFF, at=clock.now(), reason="x"),
        )
        coupon.refresh_from_db()
        if isinstance(used, Order) and used.cash_fen == 4000:
            assert (coupon.state, type(revoked)) == ("used", coupons.CouponNotUnused)
        else:
            assert coupon.state == "revoked"
    all_adds_up()


def test_cancelled_twice_at_once_it_comes_back_once(make_type, lamp):
    member, address = make_member(1, 1000)
    coupon = redeem(make_type(), member)
    order = use(member, address, lamp, coupon)
    at_once(*(lambda: cancelling.cancel_order(order=order, by=BY, at=clock.now()) for _n in range(4)))
    coupon.refresh_from_db()
    assert (coupon.state, coupon.order) == ("unused", None)
    all_adds_up()


def test_deductions_do_not_spend_points_twice(lamp, parameters):
    parameters["orders.max_unpaid"] = 50
    member, address = make_member(1, 3000)

    outcomes = at_once(*(lambda: place(member, address, lamp, deduct=2500) for _n in range(CROWD)))
    orders = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    assert {type(o) for o in outcomes} <= {Order, ledger.NotEnoughPoints}
    assert sum(order.deduction_points for order in orders) <= 3000
    assert balance(member.pk, at=clock.now()).held == sum(order.points for order in orders)
    all_adds_up()


def test_the_limit_of_a_day_holds_for_deductions_at_once(lamp, parameters, monkeypatch):
    parameters["orders.max_unpaid"] = 50
    rules = engine.RuleSet("v9", (engine.build_rule("deduction_a_day", {"points": 1300}),))
    monkeypatch.setattr(rule_sets, "for_member", lambda member_id, at: rules)
    member, address = make_member(1, 10_000)
    orders = at_once(*(lambda: place(member, address, lamp, deduct=600) for _n in range(8)))
    assert sorted(order.deduction_points for order in orders) == [0] * 6 + [600] * 2
