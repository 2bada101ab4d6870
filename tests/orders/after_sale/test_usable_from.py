"""Points of an order can be used when nothing of it can be returned any more, and not before (B5)."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import translation

from core import actors, outbox
from core.formats import shop_time
from core.models import OutboxMessage
from orders import receivers
from orders.after_sale import services as after_sale
from orders.after_sale.services import receiving, rewards
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.models import Carrier, Order
from orders.payments.services import paying
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from points import ledger
from points.earning.rules import engine
from points.ledger import audit, rules
from points.ledger.models import PointsEntry
from points.ledger.queries import balance
from points.purchases.models import Purchase
from points.purchases.services import purchases
from tests.orders.conftest import STAFF

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
GIVEN = 5000  # what the member has besides


@pytest.fixture(autouse=True)
def days(parameters):
    parameters["orders.auto_receipt_days"], parameters["points.after_sale_days"] = 10, 7


@pytest.fixture(autouse=True)
def sound(db):
    yield
    assert audit.run().breaks == []


@pytest.fixture
def pay(place, cup, at):
    """``pay(2)`` -> an order of two cups, 400 points and ¥32 each, paid at ``at``; the outbox still waits."""

    def do(quantity):
        order = place((cup, "mixed", quantity))
        paying.settle(payment_id=order.payments.get().pk, outcome="paid", provider_id=number(), by=STAFF, at=at)
        return Order.objects.get(pk=order.pk)

    return do


@pytest.fixture
def paid(pay, at):
    """Two cups; their cash has earned 64 points."""
    order = pay(2)
    outbox.drain(at=at)
    return order


@pytest.fixture
def carrier(db):
    return Carrier.objects.get(code="shunfeng")


@pytest.fixture
def ship(carrier):
    def do(order, at):
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=at)

    return do


@pytest.fixture
def received(paid, ship, at):
    """The order, shipped at once and received after two days."""
    ship(paid, at)
    return receiving.confirm_receipt(order=paid, by=STAFF, at=at + 2 * DAY)


@pytest.fixture
def ask(member):
    def do(order, at, kind="return", quantity=2):
        return after_sale.ask(
            order=order,
            kind=kind,
            pieces={order.items.get().pk: quantity},
            reason="not_wanted",
            form_key=uuid.uuid4(),
            by=actors.member(member.pk),
            at=at,
        )

    return do


@pytest.fixture
def handled(time_machine_at):
    """``handled(at)``: the worker handles what waits in the outbox."""

    def do(at):
        time_machine_at(at)
        outbox.drain(at=at)

    return do


def number():
    return f"SF{uuid.uuid4().int % 10**12:012d}"


def pending(order, at):
    return balance(order.member_id, at=at).pending


def usable(order):
    return Purchase.objects.get(number=order.number).active_from


# From payment to the end of the window


@pytest.mark.parametrize("shipped_after", [0, 3, 12, 40])
@pytest.mark.parametrize("received_after", [1, 10])
def test_they_wait_for_the_end_of_the_window_however_long_the_way_is(paid, ship, at, shipped_after, received_after):
    receipt = at + (shipped_after + received_after) * DAY
    assert pending(paid, at + 500 * DAY) == 64
    ship(paid, at + shipped_after * DAY)
    assert pending(paid, at + 500 * DAY) == 64
    order = receiving.confirm_receipt(order=paid, by=receiving.BY_CLOCK, at=receipt)
    end = receipt + 7 * DAY
    for moment, is_pending in [(receipt, True), (end - SECOND, True), (end, True), (end + SECOND, False)]:
        assert bool(pending(paid, moment)) is is_pending
    assert rewards.usable_from(order) == usable(order) == end + timedelta(microseconds=1)


def test_they_end_by_the_rule_of_their_earning_counted_from_then(received, at):
    entry = PointsEntry.objects.get(kind="begin")
    assert (entry.active_from, entry.by) == (usable(received), STAFF)
    assert entry.expires_at == rules.default_expiry(usable(received), earned_at=at)


def test_a_receipt_that_comes_before_the_reward(pay, ship, at, handled):
    """The outbox was held up for days."""
    order = pay(1)
    ship(order, at)
    receiving.confirm_receipt(order=order, by=STAFF, at=at + DAY)
    assert not Purchase.objects.exists()
    handled(at + 2 * DAY)
    assert usable(order) == at + 8 * DAY + timedelta(microseconds=1)
    assert pending(order, at + 8 * DAY) == Purchase.objects.get().points > 0


def test_a_later_parameter_moves_neither_the_window_nor_the_points(received, parameters, at, ask):
    begin = usable(received)
    parameters["points.after_sale_days"] = 30
    assert rewards.usable_from(received) == begin
    with pytest.raises(after_sale.requesting.WindowClosed):
        ask(received, at + 9 * DAY + SECOND)


def test_what_was_booked_with_a_date_keeps_it(pay, ship, member, at, ask, handled):
    """As orders were before."""
    order, date = pay(1), at + 17 * DAY
    purchases.record(
        member=member.pk, source="mall", number=order.number, lines=rewards.cash_by_category(order), paid_at=at,
        available_from=date, by=STAFF, at=at,
    )  # fmt: skip
    outbox.drain(at=at)
    ship(order, at)
    order = receiving.confirm_receipt(order=order, by=STAFF, at=at + DAY)
    request = ask(order, at + 2 * DAY, quantity=1)
    assert usable(order) == date
    after_sale.withdraw(case=request, by=STAFF, at=at + 3 * DAY)
    handled(at + 3 * DAY)
    assert usable(order) == date


def test_an_order_paid_with_points_alone_has_none(place, cup, at):
    order = place((cup, "points", 1))
    assert rewards.follow(order_id=order.pk, by=STAFF, at=at) is False


# While a return is open


def test_a_request_makes_them_wait_until_it_has_ended(received, ask, handled, at):
    request = ask(received, at + 8 * DAY)
    assert usable(received) is None
    assert pending(received, at + 100 * DAY) == 64
    after_sale.refuse(case=request, by=STAFF, at=at + 20 * DAY, answer="worn")
    handled(at + 20 * DAY + SECOND)
    assert usable(received) == at + 20 * DAY
    assert pending(received, at + 20 * DAY) == 0


def test_one_that_ends_within_the_window_changes_nothing(received, ask, handled, at):
    before = usable(received)
    request = ask(received, at + 3 * DAY)
    after_sale.withdraw(case=request, by=STAFF, at=at + 4 * DAY)
    handled(at + 4 * DAY)
    assert usable(received) == before


def test_one_that_is_open_at_the_receipt(paid, ship, ask, handled, at):
    ship(paid, at)
    request = ask(paid, at + DAY)
    receiving.confirm_receipt(order=paid, by=receiving.BY_CLOCK, at=at + 10 * DAY)
    assert usable(paid) is None
    after_sale.withdraw(case=request, by=STAFF, at=at + 30 * DAY)
    handled(at + 30 * DAY)
    assert usable(paid) == at + 30 * DAY


@pytest.mark.parametrize("refund_first", [True, False])
def test_what_is_settled_is_taken_back_before_the_rest_can_be_used(received, ask, time_machine_at, at, refund_first):
    """Whichever message is handled first."""
    request = ask(received, at + 8 * DAY, quantity=1)
    after_sale.approve(case=request, by=STAFF, at=at + 9 * DAY)
    request = after_sale.receive(case=request, by=STAFF, at=at + 15 * DAY)
    end, item = at + 16 * DAY, received.items.get()
    after_sale.settle(case=request, amounts={item.pk: (400, 3200)}, stock_back="sellable", by=STAFF, at=end)
    assert pending(received, end + DAY) == 64
    time_machine_at(end + SECOND)
    refund = OutboxMessage.objects.get(topic="order.refunded").payload
    steps = [lambda: receivers.take_back(**refund), lambda: receivers.follow(order_id=received.pk)]
    for step in steps if refund_first else steps[::-1]:
        step()
    assert usable(received) == end
    after = balance(received.member_id, at=end + SECOND)
    assert (after.available, after.pending, after.debt) == (GIVEN - 400 + 32, 0, 0)


def test_an_exchange_ends_the_waiting(received, ask, handled, carrier, at):
    request = ask(received, at + 8 * DAY, kind="exchange", quantity=1)
    after_sale.approve(case=request, by=STAFF, at=at + 9 * DAY)
    request = after_sale.receive(case=request, by=STAFF, at=at + 12 * DAY)
    after_sale.exchange(
        case=request, carrier=carrier, tracking_number=number(), stock_back="sellable", by=STAFF, at=at + 13 * DAY
    )
    handled(at + 13 * DAY)
    assert usable(received) == at + 13 * DAY


def test_a_cancelled_order_leaves_nothing_that_waits(paid, handled, at):
    cancelling.cancel_order(order=paid, by=STAFF, at=at + DAY)
    handled(at + DAY)
    assert pending(paid, at + DAY) == 0
    assert usable(paid) == at + DAY
    with pytest.raises(MoveNotAllowed):
        receiving.confirm_receipt(order=paid, by=STAFF, at=at + 2 * DAY)


def test_what_can_be_used_is_not_taken_away_by_a_late_look(received, at):
    """A worker with a clock that is behind looks again after the points were spent."""
    end = usable(received)
    available = balance(received.member_id, at=end).available
    ledger.spend(account=received.member_id, points=available, kind="redeem", key="all", by="x", at=end)
    rewards.follow(order_id=received.pk, by=STAFF, at=end + DAY)
    assert usable(received) == end


# What the order's page says


@pytest.fixture
def says(client, member, time_machine_at):
    """``says(order, at)`` -> what the order's page says then about the points that it earned."""
    client.force_login(member)
    client.cookies["django_language"] = "en"

    def read(order, at):
        time_machine_at(at)
        html = client.get(order.get_absolute_url()).content.decode()
        found = re.search(r"<dt>Points earned</dt><dd>(.*?)</dd>", html)
        return found and found[1]

    return read


def test_the_page_names_the_day(says, pay, ship, ask, handled, at):
    order = pay(2)
    assert says(order, at) is None  # not booked yet
    outbox.drain(at=at)
    assert says(order, at) == "64 points, usable 7 days after you receive the parcel"
    ship(order, at)
    assert says(order, at) == "64 points, usable 7 days after you receive the parcel"
    order = receiving.confirm_receipt(order=order, by=STAFF, at=at + DAY)
    with translation.override("en"):
        assert says(order, at + DAY) == f"64 points, usable from {shop_time(at + 8 * DAY)}"
    request = ask(order, at + 2 * DAY, quantity=1)
    assert says(order, at + 2 * DAY) == "64 points, pending until your request has ended"
    after_sale.withdraw(case=request, by=STAFF, at=at + 10 * DAY)
    handled(at + 10 * DAY)
    assert says(order, at + 10 * DAY) == "64 points"


def test_the_page_says_why_there_are_no_points(says, pay, at, monkeypatch):
    monkeypatch.setattr(engine, "caps", lambda rule_set: engine.Caps(0, {}))
    order = pay(1)
    outbox.drain(at=at)
    assert says(order, at) == "0, Limit of 0 points a day, −32"


def test_what_was_taken_back_is_not_counted(says, paid, handled, at):
    cancelling.cancel_order(order=paid, by=STAFF, at=at)
    handled(at)
    assert says(paid, at) == "0 points"


def test_points_alone_earn_nothing_to_speak_of(says, place, cup, at):
    assert says(place((cup, "points", 1)), at) is None
