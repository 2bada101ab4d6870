"""An order to be paid by the sandbox, and what its gateway says about it."""

import json
import uuid

import pytest
from django.conf import settings as conf
from django.urls import reverse

from core import actors
from orders.models import OrderState, PaymentState
from orders.payments.sandbox_gateway import protocol
from points.ledger import audit
from points.ledger.queries import balance

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
