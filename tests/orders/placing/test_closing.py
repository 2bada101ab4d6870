"""Cancelled by the clock, and what came meanwhile: everything comes back, exactly and once (F6, F9)."""

import json
from datetime import timedelta

import pytest

from core import actors
from core.models import AuditEvent
from orders.after_sale.services import receiving
from orders.models import CancelReason, Carrier, Order, OrderState, PaymentState
from orders.payments.base import PAID, ProviderUnavailable, Status
from orders.payments.sandbox import SandboxProvider
from orders.payments.sandbox_gateway import gateway, protocol
from orders.payments.services import paying
from orders.placing import tasks as placing_tasks
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from points.ledger.queries import balance
from tests.orders.conftest import sweep
from tests.orders.placing.conftest import BY, all_back, pay


@pytest.mark.parametrize(("minutes", "closed"), [(29, False), (30, True), (31, True)])
def test_the_window_closes_after_30_minutes(place, cup, member, at, wire, minutes, closed):
    order = place((cup, "mixed", 1))
    later = at + timedelta(minutes=minutes)
    assert cancelling.close_unpaid(order_id=order.pk, at=later) is closed
    order.refresh_from_db()
    assert (order.state == OrderState.CANCELLED) is closed
    if closed:
        assert order.cancel_reason == CancelReason.TIMEOUT
        assert order.moves.last().by == cancelling.BY_TIMEOUT
        all_back(member, cup, later)
        assert cancelling.close_unpaid(order_id=order.pk, at=later) is False


def test_the_setting_is_read(place, cup, at, wire, parameters):
    parameters["points.payment_window"] = 5
    order = place((cup, "mixed", 1))
    assert cancelling.close_unpaid(order_id=order.pk, at=at + timedelta(minutes=5)) is True


def test_paid_meanwhile_is_not_closed(place, cup, member, at, wire):
    """The money arrived and the notification was lost: the provider is asked before the order is closed (F6)."""
    order = place((cup, "mixed", 1))
    payment = order.payments.get()
    gateway.decide(
        {"merchant": "pointsmall", "reference": payment.reference, "amount_fen": 3200, "notify_url": "http://x/"},
        paid=True,
        at=at,
    )
    assert cancelling.close_unpaid(order_id=order.pk, at=at + timedelta(minutes=31)) is False
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP
    assert order.payments.get().state == PaymentState.PAID
    assert balance(member.pk, at=at).available == 4600


def test_another_amount_than_asked_for_is_left_to_staff(place, cup, member, at, monkeypatch, time_machine_at):
    order = place((cup, "mixed", 1))
    payment = order.payments.get()
    monkeypatch.setattr(SandboxProvider, "query", lambda self, *, charge, at: Status(PAID, 3199, "P9"))
    late = at + timedelta(minutes=31)
    assert cancelling.close_unpaid(order_id=order.pk, at=late) is False
    time_machine_at(late)
    sweep()
    order.refresh_from_db()
    payment.refresh_from_db()
    assert order.state == OrderState.PENDING_PAYMENT
    assert (payment.state, payment.provider_id, payment.next_ask_at) == (PaymentState.DISPUTED, "P9", None)
    event = AuditEvent.objects.get(event="payment.disputed")
    assert (event.data["amount_fen"], event.data["answered_fen"]) == (3200, 3199)
    with pytest.raises(paying.PaymentDisputed):
        paying.ensure_payment(order=order, provider="sandbox", at=at)
    cancelling.cancel_order(order=order, by=actors.staff(1), at=late)
    assert order.payments.get().state == PaymentState.DISPUTED
    all_back(member, cup, late)


def test_money_that_comes_after_the_end_is_told(signed_in, place, cup, at):
    order = place((cup, "mixed", 1))
    cancelling.cancel_order(order=order, by=BY, at=at)
    url = order.get_absolute_url()
    assert "32.00" not in str(signed_in.get(url).context["returned"])
    for _twice in range(2):
        pay(order, at)
    order.refresh_from_db()
    assert (order.returned["points"], order.returned["fen"]) == (400, 3200)
    page = signed_in.get(url)
    assert "32.00" in "".join(page.context["returned"])
    assert page.context["returned"][-1] in page.content.decode()


def test_a_provider_that_is_silent_postpones_it(place, cup, at, dead_wire):
    order = place((cup, "mixed", 1))
    with pytest.raises(ProviderUnavailable):
        cancelling.close_unpaid(order_id=order.pk, at=at + timedelta(minutes=31))
    order.refresh_from_db()
    assert order.state == OrderState.PENDING_PAYMENT


@pytest.mark.parametrize("way_back", ["asked", "called"])
def test_switching_a_provider_off_loses_no_money_on_its_way(
    client, place, cup, at, wire, settings, committing, way_back
):
    order = place((cup, "mixed", 1))
    payment = order.payments.get()
    data = {"merchant": "pointsmall", "reference": payment.reference, "amount_fen": 3200}
    gateway.decide(data | {"notify_url": "http://x/"}, paid=True, at=at)
    settings.PAYMENT_PROVIDERS = []
    if way_back == "asked":
        assert cancelling.close_unpaid(order_id=order.pk, at=at + timedelta(minutes=31)) is False
    else:
        body = json.dumps(data | {"event_id": "e1", "state": "paid", "charge_id": "SBX1"}).encode()
        headers = protocol.signed(body, secret=settings.SANDBOX_SECRET, at=at)
        with committing():
            client.post("/pay/sandbox/callback/", body, content_type="application/json", headers=headers)
    order.refresh_from_db()
    assert (order.state, order.payments.get().state) == (OrderState.TO_SHIP, PaymentState.PAID)
    with committing():
        cancelling.cancel_order(order=order, by=BY, at=at)
    assert order.payments.get().state == PaymentState.REFUNDED


def test_a_provider_that_is_gone_does_not_hold_it_open(place, cup, member, at):
    order = place((cup, "mixed", 1))
    order.payments.update(provider="goldbars")
    assert cancelling.close_unpaid(order_id=order.pk, at=at + timedelta(minutes=31)) is True
    all_back(member, cup, at)


def test_the_sweep_closes_what_the_clock_forgot_and_goes_on_after_a_failure(
    place, cup, at, wire, time_machine_at, monkeypatch
):
    orders = [place((cup, "mixed", 1)) for _n in range(3)]
    broken = orders[1].pk
    honest = cancelling.close_unpaid

    def close(*, order_id, at):
        if order_id == broken:
            raise RuntimeError("one bad order")
        return honest(order_id=order_id, at=at)

    monkeypatch.setattr(cancelling, "close_unpaid", close)
    time_machine_at(at + timedelta(minutes=31))
    sweep()
    assert [Order.objects.get(pk=order.pk).state for order in orders] == [
        "cancelled", "pending_payment", "cancelled",
    ]  # fmt: skip


def test_a_clock_is_set_when_an_order_is_placed(place, cup, committing, monkeypatch):
    started = []
    monkeypatch.setattr(placing_tasks.close_unpaid, "apply_async", lambda **options: started.append(options))
    with committing():
        order = place((cup, "mixed", 1))
    assert started == [{"args": [order.pk], "eta": order.pay_before}]


def test_receipt_confirms_itself(place, cup, at, wire, time_machine_at, settings):
    shipping.ensure_carriers()
    order = place((cup, "points", 1))
    shipping.ship_order(order=order, carrier=Carrier.objects.first(), tracking_number="SF1382", by=BY, at=at)
    time_machine_at(at + timedelta(days=9, hours=23))
    sweep()
    order.refresh_from_db()
    assert order.state == OrderState.SHIPPED
    time_machine_at(at + timedelta(days=10, seconds=1))
    sweep()
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    assert order.moves.last().by == receiving.BY_CLOCK
