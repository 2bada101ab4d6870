"""A payment is opened with its order and again when another way is chosen; then the member goes to pay it."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from core.db import locking_transaction
from core.errors import DomainError
from orders import payments
from orders.lifecycle.services import moves
from orders.models import OrderState, Payment, PaymentState
from orders.payments.services.paying import rows
from orders.payments.services.paying.disputes import is_disputed

FIRST_ASK = timedelta(minutes=2)  # a notification that has not come by then is asked for


class NothingToPay(DomainError):
    """The order is paid, cancelled, or its window is over."""

    code = "nothing_to_pay"
    message = _("There is nothing to pay on this order any more.")


class PaymentDisputed(DomainError):
    """What was paid is not what was asked for; paying once more would make it worse."""

    code = "payment_disputed"
    message = _("Another amount than asked for has arrived. We are looking into it; please do not pay again.")


def open_payment(order, provider, *, at, kind=""):
    """Open a payment of an order whose row the caller holds (or has just made)."""
    number = order.payments.count() + 1
    return Payment.objects.create(
        order=order,
        provider=provider,
        kind=kind,
        reference=f"{order.number}P{number}",  # letters and digits: UnionPay and Alipay take nothing else
        amount_fen=order.cash_fen,
        created_at=at,
        next_ask_at=at + FIRST_ASK,
    )


def ensure_payment(*, order, provider, at, device=None):
    """The open payment of an unpaid order; a new one when the last failed, or was opened with another provider or for
    another kind of ``device`` (a code to scan is not gone on with on a phone).

    Raises ``NothingToPay``, ``PaymentDisputed`` or ``UnknownProvider``.
    """
    kind = payments.offer(provider, device=device).kind(device) if device else ""
    payments.offer(provider)
    with locking_transaction():
        order = moves.lock(order.pk)
        if order.state != OrderState.PENDING_PAYMENT or order.pay_before <= at:
            raise NothingToPay
        if is_disputed(order):
            raise PaymentDisputed
        current = order.payments.filter(state=PaymentState.OPEN).first()
        if current is not None and current.provider == provider and (not kind or current.kind in ("", kind)):
            if kind and not current.kind:
                rows.change(current, PaymentState.OPEN, kind=kind)
            return current
        if current is not None:
            # Money that still comes over the old way is taken or sent back by ``settle``.
            close(current)
        return open_payment(order, provider, at=at, kind=kind)


def go_to_pay(*, payment, title, visit):
    """Where the member of ``visit`` pays: asks the provider, and returns a ``Redirect``, ``Form``, ``Code`` or
    ``Bridge``. Raises ``ProviderUnavailable``."""
    return payments.get(payment.provider).create(
        charge=rows.charge(payment), title=title, expires_at=payment.order.pay_before, visit=visit
    )


def close(payment):
    """In the caller's transaction, with the order locked: the money of an open payment is no longer wanted.

    The provider is told at the next query.
    """
    rows.change(payment, PaymentState.CLOSED)
