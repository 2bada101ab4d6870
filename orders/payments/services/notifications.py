"""Callbacks of payment providers: checked and stored at once, worked off later (F5)."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from core import limits
from core.errors import DomainError
from orders import payments
from orders.models import NotificationState, Payment, PaymentNotification
from orders.payments.base import REFUND_NEWS, RETURNED, BadCallback
from orders.payments.services import paying

LONGEST_PROOF = 2_048
KEPT_BYTES = 16_384
KEPT_REFUSED_BYTES = 2_048
KEPT_UNREAD = [(20, 3600)]  # per hour and address, so that a flood fills no table
KEPT_REFUSED = timedelta(days=30)


class NotificationRefused(DomainError):
    """The callback is not about a payment of ours as we know it. ``reason`` says in one word why."""

    code = "notification_refused"
    message = _("The notification was refused.")


def receive(*, provider, headers, body, at, address=""):
    """Check a callback and store it; returns the ``PaymentNotification`` to work off, or None for a known one.

    ``headers`` have lower-case names, ``body`` is raw bytes, ``address`` is where it came from. Signature, merchant,
    application, currency, order and amount must all be right; a wrong callback is stored as refused, without its event
    id and headers, and raises ``NotificationRefused``. Of those that cannot even be read, an address leaves only so
    many an hour.
    """
    raw = {"provider": provider.code, "received_at": at}
    try:
        told = provider.parse_callback(headers=headers, body=body, at=at)
    except BadCallback as error:
        if limits.take("callback_unread", address, KEPT_UNREAD, at=at):
            _refused(raw, body, error.reason)
        raise NotificationRefused(reason=error.reason) from error
    payment = Payment.objects.filter(provider=provider.code, reference=told.reference).first()
    if told.mismatch:
        raise _refused(raw, body, told.mismatch)
    if payment is None:
        raise _refused(raw, body, "order")
    if told.outcome != REFUND_NEWS and told.amount_fen != payment.amount_fen:
        raise _refused(raw, body, "amount", payment=payment)
    notification, is_new = PaymentNotification.objects.get_or_create(
        provider=provider.code,
        event_id=told.event_id,
        defaults={
            "payment": payment,
            "outcome": told.outcome,
            "provider_id": told.provider_id,
            "word": told.word,
            "headers": {name: headers[name][:LONGEST_PROOF] for name in provider.proof if name in headers},
            "body": _text(body, KEPT_BYTES),
            "received_at": at,
        },
    )
    return notification if is_new else None


def work_off(*, notification_id, by, at):
    """Let a stored notification have its effect; once done, it does nothing any more.

    Some news only make us ask the provider: of a refund, for parts of one payment are told apart there; of money that
    went back already; of a payment in dispute; and all of a provider whose documents want that. Raises ``Busy``,
    ``ProviderUnavailable`` or ``UnknownProvider``.
    """
    notification = PaymentNotification.objects.get(pk=notification_id)
    if notification.state != NotificationState.RECEIVED:
        return
    if notification.outcome == REFUND_NEWS:
        paying.refund_at_provider(payment_id=notification.payment_id, by=by, at=at)
    elif notification.outcome == RETURNED or payments.KNOWN[notification.provider].confirms_news:
        paying.ask(payment_id=notification.payment_id, by=by, at=at)
    else:
        state = paying.settle(
            payment_id=notification.payment_id,
            outcome=notification.outcome,
            provider_id=notification.provider_id,
            word=notification.word,
            by=by,
            at=at,
        )
        if state == paying.DISPUTED:
            paying.ask(payment_id=notification.payment_id, by=by, at=at)
    PaymentNotification.objects.filter(pk=notification.pk).update(state=NotificationState.WORKED, worked_at=at)


def prune(*, at):
    """Forget refused callbacks that are older than ``KEPT_REFUSED``; returns how many there were."""
    old = PaymentNotification.objects.filter(state=NotificationState.REFUSED, received_at__lt=at - KEPT_REFUSED)
    return old.delete()[0]


def _refused(raw, body, reason, payment=None):
    PaymentNotification.objects.create(
        **raw, state=NotificationState.REFUSED, reason=reason, payment=payment, body=_text(body, KEPT_REFUSED_BYTES)
    )
    return NotificationRefused(reason=reason)


def _text(body, most):
    return body[:most].decode("utf-8", "replace").replace("\x00", "\ufffd")
