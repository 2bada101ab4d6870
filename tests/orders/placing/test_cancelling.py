"""Cancelled by the member or by staff: everything comes back, exactly and once (F3, F6, F10)."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from catalog.models import SKU, StockMovement
from core import actors
from core.formats import shop_day
from core.models import AuditEvent, OutboxMessage
from orders.after_sale.services import receiving
from orders.lifecycle import sweeping
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.lifecycle.wording import returned_parts
from orders.models import CancelReason, Carrier, OrderState, PaymentState
from orders.pages.wording import REASONS, headline
from orders.payments import tasks as payments_tasks
from orders.payments.base import DONE, ProviderUnavailable, Status
from orders.payments.sandbox import SandboxProvider
from orders.payments.sandbox_gateway import gateway
from orders.payments.services import paying
from orders.placing import tasks as placing_tasks
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from points.ledger.models import PointsLot
from points.ledger.queries import balance
from tests.orders.conftest import give
from tests.orders.placing.conftest import BY, all_back, pay


def test_points_only_comes_back_to_its_lots(place, cup, member, at):
    give(member, 80, at=at, expires_in=timedelta(days=10))
    order = place((cup, "points", 1))
    assert sorted(PointsLot.objects.values_list("remaining", flat=True)) == [0, 4080]
    order = cancelling.cancel_order(order=order, by=actors.member(member.pk), at=at)
    assert order.state == OrderState.CANCELLED
    assert order.cancelled_at == at
    assert sorted(PointsLot.objects.values_list("remaining", flat=True)) == [80, 5000]
    assert order.returned["points"] == 1000
    assert sorted(part["points"] for part in order.returned["parts"]) == [80, 920]
    all_back(member, cup, at, points=5080)
    event = AuditEvent.objects.get(event="order.cancelled")
    assert (event.by, event.subject) == (actors.member(member.pk), f"order:{order.number}")


def test_the_member_reads_what_came_back(place, cup, make_member, time_machine_at):
    at = timezone.make_aware(datetime(2026, 11, 20, 13, 5))
    time_machine_at(at)
    member = make_member(points=0)
    give(member, 80, at=at, expires_in=timezone.make_aware(datetime(2027, 1, 1)) - at)
    give(member, 5000, at=at, expires_in=timedelta(days=300))
    order = place((cup, "points", 1), at=at, member=member, address=member.addresses.get())
    order = cancelling.cancel_order(order=order, by=BY, at=at)
    (sentence,) = returned_parts(order)
    title, _detail = headline(order, at=at)
    assert "1,000" in sentence
    assert "80" in sentence
    assert shop_day(date(2026, 12, 31)) in sentence
    assert "1,000" in title


def test_unpaid_points_are_released(place, cup, member, at):
    order = place((cup, "mixed", 2))
    order = cancelling.cancel_order(order=order, by=BY, at=at)
    assert order.returned == {"points": 800, "fen": 0, "parts": order.returned["parts"]}
    assert order.payments.get().state == PaymentState.CLOSED
    assert not OutboxMessage.objects.filter(topic=paying.REFUND_TOPIC).exists()
    all_back(member, cup, at)


@pytest.mark.parametrize(
    ("by", "usable"),
    [("member", timedelta(days=13)), ("staff", timedelta(days=19)), ("clock", timedelta(days=13))],
)
def test_points_that_ended_meanwhile(place, cup, make_member, at, by, usable):
    """Members keep no points alive by ordering and cancelling; for what the shop cancels they have all of the grace."""
    member = make_member(points=0)
    give(member, 5000, at=at, expires_in=timedelta(days=1))
    way = "mixed" if by == "clock" else "points"
    order = place((cup, way, 1), at=at, member=member, address=member.addresses.get())
    by = {"member": actors.member(member.pk), "staff": actors.staff(1), "clock": cancelling.BY_TIMEOUT}[by]
    order = cancelling.cancel_order(order=order, by=by, at=at + timedelta(days=7))
    last = at + timedelta(days=1) + usable
    assert balance(member.pk, at=last).available == order.points
    assert balance(member.pk, at=last + timedelta(days=1)).available == 0


def test_paid_cash_goes_back_through_the_provider(place, cup, member, at, wire, committing):
    order = place((cup, "mixed", 1))
    payment = order.payments.get()
    charge, _new = gateway.decide(
        {"merchant": "pointsmall", "reference": payment.reference, "amount_fen": 3200, "notify_url": "http://x/"},
        paid=True,
        at=at,
    )
    pay(order, at)
    with committing():
        order = cancelling.cancel_order(order=order, by=BY, at=at)
        assert order.returned["fen"] == 3200
        assert order.payments.get().state == PaymentState.REFUNDING
    assert order.payments.get().state == PaymentState.REFUNDED
    charge.refresh_from_db()
    assert (charge.refunded_fen, charge.refunds) == (3200, {f"{payment.reference}R1": 3200})
    assert any("32.00" in sentence for sentence in returned_parts(order))
    all_back(member, cup, at)


def unpaid_refund(place, sku, at):
    """A payment whose money is to go back."""
    order = place((sku, "mixed", 1), at=at)
    pay(order, at)
    cancelling.cancel_order(order=order, by=BY, at=at)
    return order.payments.get()


def test_a_refund_that_does_not_get_through_is_tried_again_with_growing_waits(
    place, cup, at, dead_wire, time_machine_at
):
    payment = unpaid_refund(place, cup, at)
    with pytest.raises(ProviderUnavailable):
        paying.refund_at_provider(payment_id=payment.pk, by=BY, at=at)
    for minute in range(120):
        time_machine_at(at + timedelta(minutes=minute))
        payments_tasks.send_refunds()
    payment.refresh_from_db()
    assert payment.state == PaymentState.REFUNDING
    assert dead_wire.calls == 6  # at 0, 2, 6, 14, 30 and 62 minutes
    assert paying.refund_wait(1000) == paying.LONGEST_REFUND_WAIT


def test_stuck_refunds_do_not_stand_before_newer_ones(place, cup, at, monkeypatch, time_machine_at):
    monkeypatch.setattr(sweeping, "CALLS", 2)
    refunds = [unpaid_refund(place, cup, at + timedelta(seconds=n)) for n in range(4)]

    def refund(self, *, refund):
        if refund.charge.reference != refunds[-1].reference:
            raise RuntimeError("not understood")
        return Status(DONE, refund.amount_fen)

    monkeypatch.setattr(SandboxProvider, "refund", refund)
    for minute in (3, 4):
        time_machine_at(at + timedelta(minutes=minute))
        payments_tasks.send_refunds()
    refunds[-1].refresh_from_db()
    assert refunds[-1].state == PaymentState.REFUNDED


def test_a_provider_that_is_silent_is_left_alone_for_the_rest_of_a_run(place, cup, at, dead_wire, time_machine_at):
    for _n in range(4):
        unpaid_refund(place, cup, at)
        place((cup, "mixed", 1))
    time_machine_at(at + timedelta(minutes=31))
    for task in (payments_tasks.send_refunds, payments_tasks.ask_providers, placing_tasks.close_unpaid_orders):
        before = dead_wire.calls
        task()
        assert dead_wire.calls == before + 1


def test_a_refund_that_is_refused_is_left_to_staff(place, cup, at, wire, time_machine_at):
    payment = unpaid_refund(place, cup, at)  # the gateway has taken no money for it
    time_machine_at(at + timedelta(minutes=3))
    payments_tasks.send_refunds()
    payment.refresh_from_db()
    assert (payment.state, payment.next_ask_at) == (PaymentState.REFUND_REFUSED, None)
    assert AuditEvent.objects.filter(event="payment.refund_refused").count() == 1
    assert paying.refund_at_provider(payment_id=payment.pk, by=BY, at=at) is False
    pay(payment.order, at)
    paying.refund_again(payment=payment, by=BY, at=at)
    with pytest.raises(paying.NothingToRefund):
        paying.refund_again(payment=payment, by=BY, at=at)
    gateway.decide(
        {"merchant": "pointsmall", "reference": payment.reference, "amount_fen": 3200, "notify_url": "http://x/"},
        paid=True,
        at=at,
    )
    payments_tasks.send_refunds()
    payment.refresh_from_db()
    assert payment.state == PaymentState.REFUNDED


@pytest.mark.parametrize("paid", [False, True])
def test_cancelling_twice_gives_back_once(place, cup, member, at, paid):
    order = place((cup, "mixed", 1))
    if paid:
        pay(order, at)
    first = cancelling.cancel_order(order=order, by=BY, at=at, reason="one")
    again = cancelling.cancel_order(order=order, by=BY, at=at + timedelta(hours=1), reason="two")
    assert again.cancelled_at == first.cancelled_at
    assert (again.cancel_reason, again.cancel_note) == ("shop", "one")
    assert StockMovement.objects.filter(reason="returned").count() == 1
    assert OutboxMessage.objects.filter(topic=paying.REFUND_TOPIC).count() == int(paid)
    all_back(member, cup, at)


def test_a_shipped_order_is_not_cancelled(place, cup, member, at):
    order = place((cup, "points", 1))
    shipping.ensure_carriers()
    shipping.ship_order(order=order, carrier=Carrier.objects.first(), tracking_number="SF1382", by=BY, at=at)
    for later in ("shipped", "completed"):
        with pytest.raises(MoveNotAllowed):
            cancelling.cancel_order(order=order, by=BY, at=at)
        if later == "shipped":
            receiving.confirm_receipt(order=order, by=BY, at=at)
    assert balance(member.pk, at=at).available == 4000
    assert SKU.objects.get(pk=cup.pk).stock == 9


def test_points_that_ended_meanwhile_get_grace(place, cup, member, at):
    give(member, 400, at=at, expires_in=timedelta(minutes=10))
    order = place((cup, "mixed", 1))
    later = at + timedelta(minutes=31)
    order = cancelling.cancel_order(order=order, by=BY, at=later)
    (part,) = order.returned["parts"]
    assert part["points"] == 400
    assert datetime.fromisoformat(part["expires_at"]) > later
    assert balance(member.pk, at=later).available == 5400


@pytest.mark.parametrize("words", ["timeout", "member"])
def test_what_staff_type_is_never_read_as_a_code(place, cup, at, words):
    order = cancelling.cancel_order(order=place((cup, "points", 1)), by=actors.staff(1), at=at, reason=words)
    assert (order.cancel_reason, order.cancel_note) == (CancelReason.SHOP, words)
    assert headline(order, at=at)[1] == words
    order = cancelling.cancel_order(order=place((cup, "points", 1)), by=actors.member(order.member_id), at=at)
    assert (order.cancel_reason, order.cancel_note) == (CancelReason.MEMBER, "")
    assert headline(order, at=at)[1] == str(REASONS[CancelReason.MEMBER])


def test_popularity_goes_back_with_it(place, cup, committing):
    with committing():
        order = place((cup, "points", 2))
    with committing():
        cancelling.cancel_order(order=order, by=BY, at=order.placed_at)
    cup.product.refresh_from_db()
    assert cup.product.redeemed_count == 0
