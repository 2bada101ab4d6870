"""The road of the money: to the provider, back, and every wrong turn of a callback (F5, F6)."""

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.conf import settings as conf
from django.core import signing
from django.urls import reverse

from core import actors
from core.models import AuditEvent
from orders import payments
from orders.models import (
    NotificationState,
    Order,
    OrderState,
    Payment,
    PaymentNotification,
    PaymentState,
    SandboxCharge,
)
from orders.payments import tasks
from orders.payments.base import FAILED, PAID, BadCallback, BadSignature
from orders.payments.sandbox import SandboxProvider
from orders.payments.sandbox_gateway import gateway, protocol
from orders.payments.sandbox_gateway import tasks as gateway_tasks
from orders.payments.services import notifications, paying
from orders.placing.services import cancelling
from points.ledger import audit
from points.ledger.queries import balance
from tests.orders.conftest import sweep

BY = actors.system("test")
CALLBACK = "/pay/sandbox/callback/"


@pytest.fixture
def order(place, cup):
    return place((cup, "mixed", 1))


def told(order, **changes):
    """What the gateway says about the order's last payment."""
    payment = order.payments.last()
    return {
        "event_id": str(uuid.uuid4()),
        "merchant": "pointsmall",
        "reference": payment.reference,
        "amount_fen": payment.amount_fen,
        "state": "paid",
        "charge_id": "SBX0000000001",
    } | changes


def call(client, data, at, *, secret=None, path=CALLBACK, body=None):
    body = json.dumps(data).encode() if body is None else body
    headers = protocol.signed(body, secret=secret or conf.SANDBOX_SECRET, at=at)
    return client.post(path, body, content_type="application/json", headers=headers)


def unchanged(order, at):
    order.refresh_from_db()
    assert order.state == OrderState.PENDING_PAYMENT
    assert order.payments.last().state == PaymentState.OPEN
    assert balance(order.member_id, at=at).held == order.points
    assert audit.run().breaks == []


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


# The gateway


def token_data(payment):
    return {
        "merchant": "pointsmall",
        "reference": payment.reference,
        "amount_fen": payment.amount_fen,
        "title": "Order",
        "return_url": "http://testserver/back/",
        "notify_url": f"{conf.SITE_URL}{CALLBACK}",
        "expires": int(payment.order.pay_before.timestamp()),
    }


def pay_page(signed_in, order):
    response = signed_in.post(reverse("orders:pay", args=[order.number]), {"provider": "sandbox"})
    assert response.status_code == 302
    assert response.url.startswith("/sandbox/pay/")
    return response.url


def test_the_whole_road(signed_in, order, wire, committing):
    page = pay_page(signed_in, order)
    assert "32" in signed_in.get(page).content.decode()
    with committing():
        response = signed_in.post(page, {"decision": "pay"})
        assert response.url == f"http://testserver/orders/{order.number}/paid/"
    charge = SandboxCharge.objects.get()
    assert charge.notified_at is not None
    response = signed_in.get(response.url)
    assert response.url == f"/orders/{order.number}/"
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_the_road_of_a_failure(signed_in, order, wire, committing):
    page = pay_page(signed_in, order)
    with committing():
        back = signed_in.post(page, {"decision": "fail"}).url
    response = signed_in.get(back, follow=True)
    assert response.redirect_chain[-1][0] == f"/orders/{order.number}/"
    order.refresh_from_db()
    assert order.state == OrderState.PENDING_PAYMENT
    assert order.payments.last().state == PaymentState.FAILED
    assert pay_page(signed_in, order) != page


def test_the_first_decision_stands(signed_in, order, wire, committing):
    page = pay_page(signed_in, order)
    with committing():
        signed_in.post(page, {"decision": "pay"})
        signed_in.post(page, {"decision": "fail"})
    assert SandboxCharge.objects.get().state == "paid"


def test_paying_again_leads_to_the_same_payment(signed_in, order):
    pay_page(signed_in, order)
    pay_page(signed_in, order)
    assert signed_in.get(reverse("orders:pay", args=[order.number])).url.startswith("/sandbox/pay/")
    assert order.payments.count() == 1


def test_the_window_is_over_at_the_gateway_too(signed_in, order, time_machine_at, at):
    page = pay_page(signed_in, order)
    time_machine_at(at + timedelta(minutes=31))
    signed_in.post(page, {"decision": "pay"})
    assert not SandboxCharge.objects.exists()
    response = signed_in.post(reverse("orders:pay", args=[order.number]), {"provider": "sandbox"})
    assert response.url == f"/orders/{order.number}/"


def test_a_forged_token(signed_in, order):
    page = pay_page(signed_in, order)
    for wrong in (page[:-3] + "xx/", "/sandbox/pay/x/", f"/sandbox/pay/{signing.dumps({'amount_fen': 1})}/"):
        assert signed_in.get(wrong).status_code == 404
        assert signed_in.post(wrong, {"decision": "pay"}).status_code == 404


def test_the_gateway_tries_until_it_is_answered(order, at, dead_wire, wire_later, monkeypatch):
    charge, _new = gateway.decide(token_data(order.payments.get()), paid=True, at=at)
    waits = []

    class Again(Exception):
        pass

    def retry(*, countdown):
        waits.append(countdown)
        raise Again

    monkeypatch.setattr(gateway_tasks.notify, "retry", retry)
    for tried in range(3):
        gateway_tasks.notify.push_request(retries=tried)
        with pytest.raises(Again):
            gateway_tasks.notify.run(charge.pk)
        gateway_tasks.notify.pop_request()
    assert waits == list(gateway_tasks.WAITS_S[:3])
    charge.refresh_from_db()
    assert (charge.tries, charge.notified_at) == (3, None)
    wire_later()
    gateway_tasks.notify(charge.pk)
    charge.refresh_from_db()
    assert charge.notified_at is not None
    gateway_tasks.notify(charge.pk)
    charge.refresh_from_db()
    assert charge.tries == 4
    assert sorted(gateway_tasks.WAITS_S) == list(gateway_tasks.WAITS_S)


@pytest.fixture
def wire_later(request):
    return lambda: request.getfixturevalue("wire")


def test_a_refused_notification_is_tried_again(order, at, wire):
    charge, _new = gateway.decide(token_data(order.payments.get()) | {"amount_fen": 1}, paid=True, at=at)
    assert gateway.deliver(charge, at=at) is False


def test_the_gateways_own_endpoints_want_a_signature(client, order, at):
    path = reverse("orders:sandbox:charge", args=[order.payments.get().reference])
    assert client.get(path).status_code == 403
    signed = protocol.signed(b"/sandbox/api/charges/other/\n", secret=conf.SANDBOX_SECRET, at=at)
    assert client.get(path, headers=signed).status_code == 403
    assert client.post(reverse("orders:sandbox:refund"), {}).status_code == 403


@pytest.mark.parametrize("amount", [0, -1, 3201, 6400])
def test_the_gateway_refunds_no_more_than_was_paid(order, at, amount):
    reference = order.payments.get().reference
    with pytest.raises(gateway.RefundRefused):
        gateway.refund(reference=reference, refund_reference="r0", amount_fen=1, merchant="pointsmall")
    gateway.decide(token_data(order.payments.get()), paid=True, at=at)
    with pytest.raises(gateway.RefundRefused):
        gateway.refund(reference=reference, refund_reference="r1", amount_fen=amount, merchant="pointsmall")


def test_parts_can_be_refunded(order, at):
    payment = order.payments.get()
    gateway.decide(token_data(payment), paid=True, at=at)
    for name, amount in (("r1", 200), ("r2", 3000), ("r1", 200)):
        charge = gateway.refund(
            reference=payment.reference, refund_reference=name, amount_fen=amount, merchant="pointsmall"
        )
    assert charge.refunded_fen == 3200


def test_the_interface_of_the_sandbox(order, at):
    provider = payments.get("sandbox")
    body = json.dumps(told(order, state="failed")).encode()
    headers = protocol.signed(body, secret=conf.SANDBOX_SECRET, at=at)
    notification = provider.parse_callback(headers=headers, body=body, at=at)
    assert (notification.outcome, notification.amount_fen) == (FAILED, 3200)
    with pytest.raises(BadSignature):
        provider.parse_callback(headers={}, body=body, at=at)
    with pytest.raises(BadCallback):
        headers = protocol.signed(b"{}", secret=conf.SANDBOX_SECRET, at=at)
        provider.parse_callback(headers=headers, body=b"{}", at=at)


# Coming back


def test_the_page_after_paying_waits_for_the_notification(signed_in, order, wire):
    path = reverse("orders:returned", args=[order.number])
    response = signed_in.get(path)
    assert response.status_code == 200
    wait, url = re.fullmatch(r"(\d+); url=(.*)", response["Refresh"]).groups()
    assert int(wait) >= 1
    assert url == f"{path}?looks=1"
    assert "Refresh" not in signed_in.get(f"{path}?looks=15")
    for odd in ("x", "-1", "9" * 30, "²"):
        assert signed_in.get(path, {"looks": odd}).status_code == 200


def test_the_waiting_page_asks_the_provider(signed_in, order, at, wire):
    gateway.decide(token_data(order.payments.get()), paid=True, at=at)
    path = reverse("orders:returned", args=[order.number])
    signed_in.get(f"{path}?looks=2")
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP
    assert signed_in.get(f"{path}?looks=3").url == f"/orders/{order.number}/"


def test_a_silent_provider_does_not_break_the_waiting_page(signed_in, order, dead_wire):
    assert signed_in.get(reverse("orders:returned", args=[order.number]) + "?looks=2").status_code == 200


def test_callback_before_the_browser_returns(signed_in, client, order, at, committing):
    with committing():
        call(client, told(order), at)
    assert signed_in.get(reverse("orders:returned", args=[order.number])).url == f"/orders/{order.number}/"


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


def test_the_provider_is_asked_once_however_often_the_page_is_loaded(signed_in, order, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks.ask_provider, "delay", asked.append)
    for _n in range(5):
        signed_in.get(reverse("orders:returned", args=[order.number]) + "?looks=2")
    assert asked == [order.payments.get().pk]
