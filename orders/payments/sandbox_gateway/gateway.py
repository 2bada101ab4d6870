"""What the sandbox does: take a decision, tell the merchant, give money back."""

import json
import uuid
from datetime import datetime, time, timedelta

import httpx
import structlog
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from core import clock
from orders.models.sandbox import SandboxCharge
from orders.payments import http
from orders.payments.sandbox_gateway import protocol

log = structlog.get_logger(__name__)


class RefundRefused(Exception):
    """More than was paid, or nothing was paid."""


def read_token(token):
    """The payment that the merchant signed: merchant, reference, amount_fen, title, URLs, expires; None if forged."""
    try:
        return signing.loads(token, key=settings.SANDBOX_SECRET, salt=protocol.TOKEN_SALT)
    except signing.BadSignature:
        return None


def charge_of(payment):
    """What was decided about the payment of a token, None while nothing was."""
    return SandboxCharge.objects.filter(merchant=payment["merchant"], reference=payment["reference"]).first()


def decide(payment, *, paid, at):
    """Pay the payment or let it fail. The first decision stands. Returns ``(charge, created)``."""
    return SandboxCharge.objects.get_or_create(
        merchant=payment["merchant"],
        reference=payment["reference"],
        defaults={
            "amount_fen": payment["amount_fen"],
            "state": SandboxCharge.State.PAID if paid else SandboxCharge.State.FAILED,
            "event_id": uuid.uuid4(),
            "notify_url": payment["notify_url"],
            "decided_at": at,
        },
    )


def charge_id(charge):
    """The gateway's own number of a charge."""
    return f"SBX{charge.pk:010d}"


def deliver(charge, *, at):
    """Tell the merchant once over HTTP; True when it answered 200."""
    body = json.dumps(
        {
            "event_id": str(charge.event_id),
            "merchant": charge.merchant,
            "reference": charge.reference,
            "amount_fen": charge.amount_fen,
            "state": charge.state,
            "charge_id": charge_id(charge),
        }
    ).encode()
    headers = protocol.signed(body, secret=settings.SANDBOX_SECRET, at=clock.now())
    try:
        with http.client() as client:
            answer = client.post(
                charge.notify_url, content=body, headers={**headers, "Content-Type": "application/json"}
            )
        delivered = answer.status_code == httpx.codes.OK
    except httpx.HTTPError as error:
        log.warning("sandbox_not_delivered", reference=charge.reference, error=type(error).__name__)
        delivered = False
    charge.tries += 1
    charge.notified_at = at if delivered else None
    charge.save(update_fields=["tries", "notified_at"])
    return delivered


def refund(*, reference, refund_reference, amount_fen, merchant):
    """Give back ``amount_fen``; the same ``refund_reference`` twice is one refund. Raises ``RefundRefused``."""
    with transaction.atomic():
        charge = SandboxCharge.objects.select_for_update().filter(merchant=merchant, reference=reference).first()
        if charge is None or charge.state != SandboxCharge.State.PAID:
            raise RefundRefused
        if refund_reference in charge.refunds:
            return charge
        if amount_fen <= 0 or charge.refunded_fen + amount_fen > charge.amount_fen:
            raise RefundRefused
        charge.refunds[refund_reference] = amount_fen
        charge.refunded_fen += amount_fen
        charge.save(update_fields=["refunds", "refunded_fen"])
        return charge


def statement(day, *, merchant):
    """What was paid on a day of the shop's clock, as lines of a statement. Refunds stand on the day of their charge:
    this gateway gives money back at once and remembers no moment of it."""
    start = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
    charges = SandboxCharge.objects.filter(
        merchant=merchant,
        state=SandboxCharge.State.PAID,
        decided_at__gte=start,
        decided_at__lt=start + timedelta(days=1),
    ).order_by("pk")
    lines = []
    for charge in charges:
        line = {"reference": charge.reference, "provider_id": charge_id(charge), "at": charge.decided_at.isoformat()}
        lines.append(line | {"kind": "payment", "refund_reference": "", "amount_fen": charge.amount_fen})
        lines += [
            line | {"kind": "refund", "refund_reference": reference, "amount_fen": fen, "at": None}
            for reference, fen in charge.refunds.items()
        ]
    return lines
