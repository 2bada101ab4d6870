"""Cancelled by the member, by staff, by the clock: everything comes back, exactly and once (F3, F6, F9, F10)."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from catalog.models import SKU, StockMovement
from core import actors
from core.models import AuditEvent, OutboxMessage
from core.templatetags.mall import shop_day
from orders.after_sale.services import receiving
from orders.lifecycle import sweeping
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.lifecycle.wording import returned_parts
from orders.models import CancelReason, Carrier, Order, OrderState, PaymentState
from orders.pages.wording import REASONS, headline
from orders.payments import tasks as payments_tasks
from orders.payments.base import DONE, PAID, ProviderUnavailable, Status
from orders.payments.sandbox import SandboxProvider
from orders.payments.sandbox_gateway import gateway, protocol
from orders.payments.services import paying
from orders.placing import tasks as placing_tasks
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from points.ledger import audit
from points.ledger.models import PointsLot
from points.ledger.queries import balance
from tests.orders.conftest import give, sweep

BY = actors.system("test")


def pay(order, at, outcome=PAID):
    payment = order.payments.last()
    return paying.settle(payment_id=payment.pk, outcome=outcome, provider_id="P1", by=BY, at=at)


def all_back(member, sku, at, *, points=5000, stock=10):
    now = balance(member.pk, at=at)
    assert (now.available, now.held, now.total) == (points, 0, points)
    assert SKU.objects.get(pk=sku.pk).stock == stock
    assert audit.run().breaks == []


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


# The clock (F9)


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
