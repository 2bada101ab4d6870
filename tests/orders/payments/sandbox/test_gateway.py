"""The gateway of the sandbox: its page, its notifications, its interface (F5, F6)."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as conf
from django.core import signing
from django.urls import reverse

from orders import payments
from orders.models import OrderState, PaymentState, SandboxCharge
from orders.payments.base import FAILED, BadCallback, BadSignature
from orders.payments.sandbox_gateway import gateway, protocol
from orders.payments.sandbox_gateway import tasks as gateway_tasks
from tests.orders.payments.sandbox.conftest import pay_page, token_data, told


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
