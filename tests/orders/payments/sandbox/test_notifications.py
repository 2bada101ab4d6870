"""Callbacks of a provider: what pays, and every wrong turn that pays nothing (F5, F6)."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as conf

from core.models import AuditEvent
from orders.models import NotificationState, Order, OrderState, Payment, PaymentNotification, PaymentState
from orders.payments import tasks
from orders.payments.base import PAID
from orders.payments.sandbox import SandboxProvider
from orders.payments.sandbox_gateway import gateway, protocol
from orders.payments.services import notifications, paying
from orders.placing.services import cancelling
from points.ledger import audit
from points.ledger.queries import balance
from tests.orders.conftest import sweep
from tests.orders.payments.sandbox.conftest import BY, CALLBACK, call, token_data, told, unchanged


def test_paid(client, order, at, committing):
    with committing():
        response = call(client, told(order), at)
        assert (response.status_code, response.content) == (200, b"success")
        unchanged(order, at)  # acknowledged first, worked off afterwards
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP
    assert order.paid_at is not None
    payment = order.payments.get()
    assert (payment.state, payment.provider_id) == (PaymentState.PAID, "SBX0000000001")
    now = balance(order.member_id, at=at)
    assert (now.available, now.held) == (4600, 0)
    note = PaymentNotification.objects.get()
    assert (note.state, note.outcome, note.payment) == (NotificationState.WORKED, PAID, payment)
    assert order.moves.last().by == tasks.BY_CALLBACK
    assert audit.run().breaks == []


def test_failed_can_be_tried_again(client, order, at, committing, member):
    with committing():
        assert call(client, told(order, state="failed"), at).status_code == 200
    order.refresh_from_db()
    assert order.state == OrderState.PENDING_PAYMENT
    assert order.payments.get().state == PaymentState.FAILED
    assert balance(member.pk, at=at).held == 400
    second = paying.ensure_payment(order=order, provider="sandbox", at=at)
    assert second.reference != order.payments.first().reference
    with committing():
        call(client, told(order), at)
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


WRONG = [
    ("merchant", {"merchant": "somebody-else"}),
    ("order", {"reference": "2026112000000000-1"}),
    ("amount", {"amount_fen": 1}),
    ("amount", {"amount_fen": 3199}),
    ("amount", {"amount_fen": 3201}),
    ("malformed", {"amount_fen": "many"}),
    ("malformed", {"amount_fen": None}),
]


def test_an_answer_about_somebody_else_pays_nothing(order, at, wire, monkeypatch):
    gateway.decide(token_data(order.payments.get()), paid=True, at=at)
    for changes in ({"merchant": "somebody-else"}, {"reference": "2026112000000000P1"}):
        with monkeypatch.context() as patched:
            honest = SandboxProvider._charge
            patched.setattr(SandboxProvider, "_charge", lambda *args, c=changes, h=honest: h(*args) | c)
            assert paying.ask(payment_id=order.payments.get().pk, by=BY, at=at) == "disputed"
        assert order.payments.get().state == PaymentState.DISPUTED


@pytest.mark.parametrize(("reason", "changes"), WRONG)
def test_a_wrong_callback_changes_nothing(client, order, at, committing, reason, changes):
    with committing():
        response = call(client, told(order, **changes), at)
    assert response.status_code == 400
    note = PaymentNotification.objects.get()
    assert (note.state, note.reason, note.event_id) == (NotificationState.REFUSED, reason, None)
    unchanged(order, at)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"1", b'"x"', b"{}", b"\xff\xfe", b"\x00"])
def test_a_body_that_is_none(client, order, at, body):
    assert call(client, None, at, body=body).status_code == 400
    assert PaymentNotification.objects.get().reason == "malformed"
    unchanged(order, at)


def test_a_wrong_signature(client, order, at, committing):
    data = told(order)
    with committing():
        for response in (
            call(client, data, at, secret="guessed"),
            call(client, data, at - timedelta(minutes=6)),
            call(client, data, at + timedelta(minutes=6)),
            client.post(CALLBACK, data, content_type="application/json"),
            client.post(CALLBACK, data, headers={protocol.TIMESTAMP: "x", protocol.SIGNATURE: "y"}),
            client.post(CALLBACK, data, headers={protocol.TIMESTAMP: "9" * 40, protocol.SIGNATURE: "é"}),
        ):
            assert response.status_code == 400
    assert set(PaymentNotification.objects.values_list("state", "reason")) == {("refused", "signature")}
    unchanged(order, at)
    with committing():
        assert call(client, data, at).status_code == 200  # a forgery did not take the real one's place
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_no_secret_believes_nobody(client, order, at, settings):
    settings.SANDBOX_SECRET = ""
    headers = protocol.signed(b"{}", secret="", at=at)
    assert not protocol.verified(headers, b"{}", secret="", at=at)


def test_a_signature_is_of_the_very_body(client, order, at):
    data = told(order)
    headers = protocol.signed(json.dumps(data).encode(), secret=conf.SANDBOX_SECRET, at=at)
    other = json.dumps(data | {"amount_fen": 3201}).encode()
    assert client.post(CALLBACK, other, content_type="application/json", headers=headers).status_code == 400
    unchanged(order, at)


def test_another_members_order_cannot_be_paid_by_mistake(client, order, place, make_sku, at, committing):
    """The reference decides, and the amount must be that payment's."""
    dear = place((make_sku("DEAR", mixed_points=100, mixed_fen=99_900), "mixed", 1))
    with committing():
        assert call(client, told(order, reference=dear.payments.get().reference), at).status_code == 400
    assert set(Order.objects.values_list("state", flat=True)) == {OrderState.PENDING_PAYMENT}


def test_too_large(client, order, at):
    assert call(client, None, at, body=b"x" * 70_000).status_code == 413
    assert not PaymentNotification.objects.exists()


def test_an_unknown_provider(client, order, at):
    for path in ("/pay/goldbars/callback/", "/pay/alipay/callback/"):
        assert call(client, told(order), at, path=path).status_code == 404
    assert client.get(CALLBACK).status_code == 405


def test_duplicates_are_harmless(client, order, at, committing):
    data = told(order)
    for _n in range(3):
        with committing():
            assert call(client, data, at).status_code == 200
    with committing():  # another event about the same payment
        assert call(client, told(order), at).status_code == 200
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP
    assert order.moves.count() == 2
    assert PaymentNotification.objects.count() == 2
    assert balance(order.member_id, at=at).available == 4600
    assert audit.run().breaks == []


def test_working_off_twice_is_harmless(client, order, at, committing):
    with committing():
        call(client, told(order), at)
    tasks.work_notification(PaymentNotification.objects.get().pk)
    assert order.moves.count() == 2


def test_reordering_is_harmless(client, order, at, committing):
    """An old "failed" that arrives after "paid" takes nothing back."""
    with committing():
        call(client, told(order), at)
    with committing():
        assert call(client, told(order, state="failed"), at).status_code == 200
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP
    assert order.payments.get().state == PaymentState.PAID


def test_money_after_a_failure_counts(client, order, at, committing):
    with committing():
        call(client, told(order, state="failed"), at)
    with committing():
        call(client, told(order), at)
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_payment_on_a_cancelled_order_goes_back_and_never_revives_it(client, order, cup, at, committing, wire):
    payment = order.payments.get()
    charge, _new = gateway.decide(token_data(payment), paid=True, at=at)
    cancelling.cancel_order(order=order, by=BY, at=at)
    with committing():
        assert call(client, told(order), at).status_code == 200
    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert order.paid_at is None
    assert order.payments.get().state == PaymentState.REFUNDED
    charge.refresh_from_db()
    assert charge.refunded_fen == 3200
    with committing():
        call(client, told(order), at)
    charge.refresh_from_db()
    assert charge.refunded_fen == 3200
    cup.refresh_from_db()
    assert cup.stock == 10
    assert balance(order.member_id, at=at).available == 5000
    assert AuditEvent.objects.filter(event="payment.refund_due").count() == 1
    assert AuditEvent.objects.filter(event="payment.refunded").count() == 1
    assert audit.run().breaks == []


def test_paying_twice_by_two_payments_sends_the_second_back(client, order, at, committing, wire):
    first = order.payments.get()
    gateway.decide(token_data(first), paid=True, at=at)
    Payment.objects.filter(pk=first.pk).update(state=PaymentState.FAILED)
    second = paying.ensure_payment(order=order, provider="sandbox", at=at)
    gateway.decide(token_data(second), paid=True, at=at)
    with committing():
        call(client, told(order), at)
    with committing():
        call(client, told(order, reference=first.reference), at)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (PaymentState.REFUNDED, PaymentState.PAID)
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_a_lost_callback_is_asked_for(order, at, wire, time_machine_at):
    gateway.decide(token_data(order.payments.get()), paid=True, at=at)
    time_machine_at(at + timedelta(minutes=1))
    sweep()
    order.refresh_from_db()
    assert order.state == OrderState.PENDING_PAYMENT
    time_machine_at(at + timedelta(minutes=2))
    sweep()
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_asking_grows_rare_and_ends(order, at, wire):
    payment = order.payments.get()
    moment, asked = at, 0
    while payment.next_ask_at is not None:
        moment = payment.next_ask_at
        assert paying.ask(payment_id=payment.pk, by=BY, at=moment) == "waiting"
        payment.refresh_from_db()
        asked += 1
        assert asked < 20
    assert moment - at >= paying.LAST_ASK


def test_money_that_came_after_closing_is_found_without_a_callback(order, at, wire, committing, time_machine_at):
    cancelling.cancel_order(order=order, by=BY, at=at)
    gateway.decide(token_data(order.payments.get()), paid=True, at=at)
    time_machine_at(at + timedelta(minutes=3))
    with committing():
        sweep()
    assert order.payments.get().state == PaymentState.REFUNDED


def test_an_answer_with_another_amount_is_not_believed(order, at, wire):
    gateway.decide(token_data(order.payments.get()) | {"amount_fen": 1}, paid=True, at=at)
    assert paying.ask(payment_id=order.payments.get().pk, by=BY, at=at) == "disputed"
    order.refresh_from_db()
    assert (order.state, order.payments.get().state) == (OrderState.PENDING_PAYMENT, PaymentState.DISPUTED)
    assert balance(order.member_id, at=at).held == order.points


def test_what_the_broker_lost_is_swept(client, order, at, time_machine_at, wire):
    call(client, told(order), at)  # nothing commits here, so no task starts
    assert PaymentNotification.objects.get().state == NotificationState.RECEIVED
    time_machine_at(at + timedelta(minutes=2))
    sweep()
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_only_the_providers_own_headers_are_kept(client, order, at):
    client.cookies["sessionid"] = "secret-session"
    call(client, told(order), at)
    call(client, told(order), at, secret="guessed")
    kept = PaymentNotification.objects.exclude(state=NotificationState.REFUSED).get().headers
    refused = PaymentNotification.objects.get(state=NotificationState.REFUSED).headers
    assert set(kept) == {protocol.TIMESTAMP, protocol.SIGNATURE}
    assert refused == {}


def test_forgeries_of_one_address_fill_no_table(client, order, at, committing):
    for _n in range(notifications.KEPT_UNREAD[0][0] + 3):
        assert call(client, told(order), at, secret="guessed").status_code == 400
    assert PaymentNotification.objects.count() == notifications.KEPT_UNREAD[0][0]
    client.post(CALLBACK, {}, content_type="application/json", REMOTE_ADDR="192.0.2.7")
    assert PaymentNotification.objects.count() == notifications.KEPT_UNREAD[0][0] + 1
    with committing():
        assert call(client, told(order), at).status_code == 200
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_refused_callbacks_are_forgotten_after_a_month(client, order, at, committing, time_machine_at):
    with committing():
        call(client, told(order), at)
        call(client, told(order), at, secret="guessed")
    for days, left in ((29, 2), (31, 1)):
        time_machine_at(at + timedelta(days=days))
        tasks.prune_notifications()
        assert PaymentNotification.objects.count() == left
    assert PaymentNotification.objects.get().state == NotificationState.WORKED
