"""The provider for development: speaks to the sandbox gateway over HTTP, as it would to a real one."""

import json

import httpx
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import clock
from orders.payments import http
from orders.payments.base import (
    FAILED,
    PAID,
    WAITING,
    BadCallback,
    BadSignature,
    Notification,
    Provider,
    ProviderUnavailable,
    RefundRefused,
    Status,
)
from orders.sandbox_gateway import protocol


class SandboxProvider(Provider):
    """Pays with nothing: a page of the mall itself offers to pay or to fail (F5)."""

    code = "sandbox"
    label = _("Sandbox payment")
    icon = "flask-conical"
    merchant = "pointsmall"
    proof = (protocol.TIMESTAMP, protocol.SIGNATURE)

    def create(self, *, reference, amount_fen, title, return_url, notify_url, expires_at):
        token = signing.dumps(
            {
                "merchant": self.merchant,
                "reference": reference,
                "amount_fen": amount_fen,
                "title": title,
                "return_url": return_url,
                "notify_url": notify_url,
                "expires": int(expires_at.timestamp()),
            },
            key=settings.SANDBOX_SECRET,
            salt=protocol.TOKEN_SALT,
            compress=True,
        )
        return reverse("orders:sandbox:pay", args=[token])

    def query(self, *, reference):
        path = reverse("orders:sandbox:charge", args=[reference])
        answer = self._exchange("GET", path, b"")
        outcome = {"paid": PAID, "failed": FAILED}.get(answer.get("state"), WAITING)
        return Status(outcome, int(answer.get("amount_fen", 0)), str(answer.get("charge_id", "")))

    def refund(self, *, reference, refund_reference, amount_fen):
        body = {"reference": reference, "refund_reference": refund_reference, "amount_fen": amount_fen}
        self._exchange("POST", reverse("orders:sandbox:refund"), json.dumps(body).encode())

    def parse_callback(self, *, headers, body, at):
        if not protocol.verified(headers, body, secret=settings.SANDBOX_SECRET, at=at):
            raise BadSignature
        try:
            data = json.loads(body)
            outcome = {"paid": PAID, "failed": FAILED}[data["state"]]
            return Notification(
                event_id=str(data["event_id"])[:64],
                outcome=outcome,
                merchant=str(data["merchant"]),
                reference=str(data["reference"]),
                amount_fen=int(data["amount_fen"]),
                provider_id=str(data["charge_id"])[:64],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BadCallback from error

    def _exchange(self, method, path, body):
        signed = path.encode() + b"\n" + body
        headers = protocol.signed(signed, secret=settings.SANDBOX_SECRET, at=clock.now())
        try:
            with http.client() as client:
                response = client.request(
                    method,
                    settings.SITE_URL + path,
                    content=body,
                    headers={**headers, "Content-Type": "application/json"},
                )
            if response.status_code == httpx.codes.CONFLICT:
                raise RefundRefused
            if response.status_code != httpx.codes.OK:
                raise ProviderUnavailable
            return response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderUnavailable from error
