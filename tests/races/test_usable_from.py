"""The end of the window, a return, the receipt and the reward of one order meet (B5)."""

import uuid
from datetime import timedelta

import pytest

from core import clock
from orders.after_sale import services as after_sale
from orders.after_sale.services import receiving, rewards
from orders.models import Carrier, Order
from orders.payments.base import PAID
from orders.payments.services import paying
from orders.shipping.services import shipping
from points import ledger
from points.ledger import audit
from points.ledger.queries import balance
from points.purchases.models import Purchase
from points.tiers.services import tiers
from tests.races.test_orders import BY, STAFF, at_once, make_member, no_provider, place, sku  # noqa: F401 - fixtures

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 10  # as many as there are pieces
EARNED = 10  # by the ¥5 of an order, for a diamond member
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def patient(lock_timeout):
    lock_timeout(60_000)


@pytest.fixture
def shipped(sku):  # noqa: F811 - the fixture of that name
    """``shipped()`` -> an order on its way whose ¥5 are not rewarded yet."""
    member, address = make_member(1, 100_000)
    tiers.consider(member.pk, at=clock.now())
    carrier = Carrier.objects.get(code="shunfeng")

    def make():
        order = place(member, address, sku, "mixed")
        paying.settle(payment_id=order.payments.get().pk, outcome=PAID, provider_id="P", by=BY, at=clock.now())
        number = f"SF{uuid.uuid4().int % 10**12:012d}"
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number, by=STAFF, at=clock.now())
        return Order.objects.get(pk=order.pk)

    return make


def ask(order, at):
    return after_sale.ask(
        order=order,
        kind="return",
        pieces={order.items.get().pk: 1},
        reason="other",
        form_key=uuid.uuid4(),
        by=BY,
        at=at,
    )


def test_points_are_spent_or_wait_for_the_return(shipped):
    """A return is asked for in the last second, while the points are spent in the first second in which they can be."""
    for number in range(ROUNDS):
        order = shipped()
        rewards.reward(order_id=order.pk, by=BY, at=clock.now())
        order = receiving.confirm_receipt(order=order, by=STAFF, at=clock.now())
        begin = rewards.usable_from(order)
        free = balance(order.member_id, at=begin - SECOND).available
        spend = {
            "account": order.member_id,
            "points": free + EARNED,
            "kind": "redeem",
            "key": f"all:{number}",
            "by": BY,
        }
        request, spent = at_once(
            lambda order=order, begin=begin: ask(order, begin - SECOND),
            lambda spend=spend, begin=begin: ledger.spend(**spend, at=begin),
        )
        assert request.state == "requested"
        refused = isinstance(spent, ledger.NotEnoughPoints)
        assert balance(order.member_id, at=begin + 99 * DAY).pending == (EARNED if refused else 0)
        after_sale.withdraw(case=request, by=STAFF, at=begin + DAY)
        rewards.follow(order_id=order.pk, by=BY, at=begin + DAY)
        assert balance(order.member_id, at=begin + DAY).pending == 0
        ledger.earn(account=order.member_id, points=1000, kind="campaign", key=f"more:{number}", by=BY, at=clock.now())
    assert audit.run().breaks == []


def test_reward_receipt_and_return_in_any_order(shipped):
    for _ in range(ROUNDS):
        order, at = shipped(), clock.now()
        request, *_others = at_once(
            lambda order=order, at=at: ask(order, at),
            lambda order=order, at=at: receiving.confirm_receipt(order=order, by=STAFF, at=at),
            lambda order=order, at=at: rewards.reward(order_id=order.pk, by=BY, at=at),
            lambda order=order, at=at: rewards.reward(order_id=order.pk, by=BY, at=at),
            lambda order=order, at=at: rewards.follow(order_id=order.pk, by=BY, at=at),
        )
        purchase = Purchase.objects.get(number=order.number)
        assert (purchase.points, purchase.active_from) == (EARNED, None)
        after_sale.withdraw(case=request, by=STAFF, at=at + SECOND)
        at_once(*[lambda order=order, at=at: rewards.follow(order_id=order.pk, by=BY, at=at + SECOND)] * 3)
        order.refresh_from_db()
        purchase.refresh_from_db()
        assert purchase.active_from == rewards.usable_from(order) > order.returnable_until
    assert audit.run().breaks == []
