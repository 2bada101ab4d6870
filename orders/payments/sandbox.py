"""The provider for development: speaks to the sandbox gateway over HTTP, as it would to a real one."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import httpx
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import clock
from orders.payments import http
from orders.payments.base import (
    ABSENT,
    DONE,
    FAILED,
    PAID,
    UNCLEAR,
    WAITING,
    BadCallback,
    BadSignature,
    Bill,
    Charge,
    Notification,
    Provider,
    ProviderUnavailable,
    Redirect,
    RefundOrder,
    RefundRefused,
    StatementLine,
    Status,
    Visit,
    first_mismatch,
)
from orders.payments.sandbox_gateway import protocol

TRADES = {"unknown": WAITING, "paid": PAID, "failed": FAILED}  # nothing was decided yet, or for good


class SandboxProvider(Provider):
    """Pays with nothing: a page of the mall itself offers to pay or to fail (F5)."""

    code = "sandbox"
    label = _("Sandbox payment")
    icon = "flask-conical"
    merchant = "pointsmall"
    proof = (protocol.TIMESTAMP, protocol.SIGNATURE)

    def create(self, *, charge: Charge, title: str, expires_at: datetime, visit: Visit) -> Redirect:
        token = signing.dumps(
            {
                "merchant": self.merchant,
                "reference": charge.reference,
                "amount_fen": charge.amount_fen,
                "title": title,
                "return_url": visit.return_url,
                "notify_url": visit.notify_url,
                "expires": int(expires_at.timestamp()),
            },
            key=settings.SANDBOX_SECRET,
            salt=protocol.TOKEN_SALT,
            compress=True,
        )
        return Redirect(reverse("orders:sandbox:pay", args=[token]))

    def query(self, *, charge: Charge, at: datetime) -> Status:
        told = self._charge(charge.reference)
        word = str(told.get("state", ""))
        outcome = TRADES.get(word, UNCLEAR)
        ours = first_mismatch(
            ("merchant", told.get("merchant", self.merchant), self.merchant),
            ("order", told.get("reference", charge.reference), charge.reference),
        )
        return Status(outcome, int(told.get("amount_fen", 0)), str(told.get("charge_id", "")), word[:64], ours)

    def refund(self, *, refund: RefundOrder) -> Status:
        body = {
            "reference": refund.charge.reference,
            "refund_reference": refund.reference,
            "amount_fen": refund.amount_fen,
        }
        self._exchange("POST", reverse("orders:sandbox:refund"), json.dumps(body).encode())
        return Status(DONE, refund.amount_fen, refund.reference)

    def query_refund(self, *, refund: RefundOrder) -> Status:
        given = self._charge(refund.charge.reference).get("refunds", {}).get(refund.reference)
        return Status(ABSENT) if given is None else Status(DONE, given, refund.reference)

    def statement(self, *, day: date) -> Bill:
        told = self._exchange("GET", reverse("orders:sandbox:statement", args=[day.isoformat()]), b"")
        bill = Bill()
        for line in told["lines"]:
            bill.add(StatementLine(**line | {"at": datetime.fromisoformat(line["at"]) if line["at"] else None}))
        return bill

    def parse_callback(self, *, headers: Mapping[str, str], body: bytes, at: datetime) -> Notification:
        if not protocol.verified(headers, body, secret=settings.SANDBOX_SECRET, at=at):
            raise BadSignature
        try:
            data = json.loads(body)
            word = str(data["state"])
            return Notification(
                event_id=str(data["event_id"])[:64],
                outcome=TRADES.get(word, UNCLEAR),
                reference=str(data["reference"]),
                amount_fen=int(data["amount_fen"]),
                provider_id=str(data["charge_id"])[:64],
                word=word[:64],
                mismatch=first_mismatch(("merchant", data["merchant"], self.merchant)),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BadCallback from error

    def _charge(self, reference: str) -> dict[str, Any]:
        return dict(self._exchange("GET", reverse("orders:sandbox:charge", args=[reference]), b""))

    def _exchange(self, method: str, path: str, body: bytes) -> Any:
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
