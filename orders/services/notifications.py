"""Callbacks of payment providers: checked and stored at once, worked off later (F5)."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from orders.models import NotificationState, Payment, PaymentNotification
from orders.payments.base import BadCallback
from orders.services import paying

KEPT_BYTES = 16_384
KEPT_REFUSED_BYTES = 2_048
KEPT_HEADERS = 30


class NotificationRefused(DomainError):
    """The callback is not about a payment of ours as we know it. ``reason`` says in one word why."""

    code = "notification_refused"
    message = _("The notification was refused.")


def receive(*, provider, headers, body, at):
    """Check a callback and store it; returns the ``PaymentNotification`` to work off, or None for a known one.

    ``headers`` have lower-case names, ``body`` is raw bytes. Signature, merchant, order and amount must all be right;
    a wrong callback is stored as refused, without its event id, and raises ``NotificationRefused``.
    """
    raw = {"provider": provider.code, "headers": _kept(headers), "received_at": at}
    try:
        told = provider.parse_callback(headers=headers, body=body, at=at)
    except BadCallback as error:
        raise _refused(raw, body, error.reason) from error
    payment = Payment.objects.filter(provider=provider.code, reference=told.reference).first()
    if told.merchant != provider.merchant:
        raise _refused(raw, body, "merchant")
    if payment is None:
        raise _refused(raw, body, "order")
    if told.amount_fen != payment.amount_fen:
        raise _refused(raw, body, "amount", payment=payment)
    notification, is_new = PaymentNotification.objects.get_or_create(
        provider=provider.code,
        event_id=told.event_id,
        defaults={
            "payment": payment,
            "outcome": told.outcome,
            "provider_id": told.provider_id,
            "headers": raw["headers"],
            "body": _text(body, KEPT_BYTES),
            "received_at": at,
        },
    )
    return notification if is_new else None


def work_off(*, notification_id, by, at):
    """Let a stored notification have its effect; once done, it does nothing any more. Raises ``Busy``."""
    notification = PaymentNotification.objects.get(pk=notification_id)
    if notification.state != NotificationState.RECEIVED:
        return
    paying.settle(
        payment_id=notification.payment_id,
        outcome=notification.outcome,
        provider_id=notification.provider_id,
        by=by,
        at=at,
    )
    PaymentNotification.objects.filter(pk=notification.pk).update(state=NotificationState.WORKED, worked_at=at)


def _refused(raw, body, reason, payment=None):
    PaymentNotification.objects.create(
        **raw, state=NotificationState.REFUSED, reason=reason, payment=payment, body=_text(body, KEPT_REFUSED_BYTES)
    )
    return NotificationRefused(reason=reason)


def _text(body, most):
    return body[:most].decode("utf-8", "replace").replace("\x00", "\ufffd")


def _kept(headers):
    """What a dispute may need: no cookies, nothing endless."""
    kept = sorted(set(headers) - {"cookie", "authorization"})[:KEPT_HEADERS]
    return {name: headers[name][:500].replace("\x00", "") for name in kept}
