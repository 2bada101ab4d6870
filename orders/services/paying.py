"""Payments: opened with the order, settled by a notification or an answer, refunded when they are not owed (F5, F6)."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, outbox
from core.db import locking_transaction
from core.errors import DomainError
from orders import payments
from orders.models import Payment, PaymentState, State
from orders.payments.base import FAILED, PAID, RefundRefused
from orders.rules import keys
from orders.services import moves, popularity
from points import ledger

log = structlog.get_logger(__name__)

REFUND_TOPIC = "payment.refund_due"
FIRST_ASK = timedelta(minutes=2)  # a notification that has not come by then is asked for
LAST_ASK = timedelta(days=2)  # later than that no money comes any more
REFUND_WAIT = timedelta(minutes=2)  # after the first try; twice as long after each
LONGEST_REFUND_WAIT = timedelta(hours=6)
DISPUTED = PaymentState.DISPUTED
STILL_ASKED = (PaymentState.OPEN, PaymentState.CLOSED)
MONEY_CAME = (PaymentState.PAID, PaymentState.REFUNDING, PaymentState.REFUNDED, PaymentState.REFUND_REFUSED)


class NothingToPay(DomainError):
    """The order is paid, cancelled, or its window is over."""

    code = "nothing_to_pay"
    message = _("There is nothing to pay on this order any more.")


class PaymentDisputed(DomainError):
    """The provider says that another amount was paid; paying once more would make it worse."""

    code = "payment_disputed"
    message = _("Another amount than asked for has arrived. We are looking into it; please do not pay again.")


class NothingToRefund(DomainError):
    code = "nothing_to_refund"
    message = _("No refund of this payment was refused. Nothing was changed.")


def open_payment(order, provider, *, at):
    """Open a payment of an order whose row the caller holds (or has just made)."""
    number = order.payments.count() + 1
    return Payment.objects.create(
        order=order,
        provider=provider,
        reference=f"{order.number}-{number}",
        amount_fen=order.cash_fen,
        created_at=at,
        next_ask_at=at + FIRST_ASK,
    )


def ensure_payment(*, order, provider, at):
    """The open payment of an unpaid order; a new one when the last failed or another provider was chosen.

    Raises ``NothingToPay``, ``PaymentDisputed`` or ``UnknownProvider``.
    """
    payments.offer(provider)
    with locking_transaction():
        order = moves.lock(order.pk)
        if order.state != State.PENDING_PAYMENT or order.pay_before <= at:
            raise NothingToPay
        if is_disputed(order):
            raise PaymentDisputed
        current = order.payments.filter(state=PaymentState.OPEN).first()
        if current is not None and current.provider == provider:
            return current
        if current is not None:
            # Money that still comes over the old way is taken or sent back by ``settle``.
            close(current)
        return open_payment(order, provider, at=at)


def payment_address(*, payment, title, return_url, notify_url):
    """Where the member pays ``payment``: asks the provider. Raises ``ProviderUnavailable``."""
    return payments.get(payment.provider).create(
        reference=payment.reference,
        amount_fen=payment.amount_fen,
        title=title,
        return_url=return_url,
        notify_url=notify_url,
        expires_at=payment.order.pay_before,
    )


def settle(*, payment_id, outcome, provider_id, by, at):
    """Take note that the provider says PAID or FAILED about a payment; returns its state afterwards.

    Harmless when it runs twice or in another order: only a payment that was never paid can become paid. A paid one
    moves its order on; when the order does not wait for money (any more), the money goes back.
    """
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    with locking_transaction():
        order = moves.lock(order_id)
        payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
        if outcome == FAILED and payment.state == PaymentState.OPEN:
            _set(payment, PaymentState.FAILED, provider_id=provider_id, next_ask_at=None)
        if outcome != PAID or payment.state in MONEY_CAME:
            return payment.state
        if order.state == State.PENDING_PAYMENT:
            order.payments.filter(state=PaymentState.OPEN).exclude(pk=payment.pk).update(state=PaymentState.CLOSED)
            _set(payment, PaymentState.PAID, provider_id=provider_id, paid_at=at, next_ask_at=None)
            moves.move(order, State.TO_SHIP, by=by, at=at, reason=payment.reference, paid_at=at)
            if order.points:
                ledger.capture(account=order.member_id, hold=keys.hold(order), key=keys.capture(order), by=by, at=at)
            popularity.publish(order, list(order.items.values_list("sku_id", "quantity")), at=at)
        else:
            _set(payment, payment.state, provider_id=provider_id, paid_at=at, next_ask_at=None)
            order.returned = {**order.returned, "fen": order.returned.get("fen", 0) + payment.amount_fen}
            order.save(update_fields=["returned"])  # the member reads of it on the order's page
            start_refund(payment, by=by, at=at)
        return payment.state


def close(payment):
    """In the caller's transaction, with the order locked: the money of an open payment is no longer wanted."""
    _set(payment, PaymentState.CLOSED)


def start_refund(payment, *, by, at):
    """In the caller's transaction, with the order locked: the money of a paid payment is to go back (F6)."""
    _set(payment, PaymentState.REFUNDING, next_ask_at=at + REFUND_WAIT)
    outbox.publish(REFUND_TOPIC, key=keys.refund(payment), at=at, payment_id=payment.pk)
    audit.record(
        "payment.refund_due", by=by, subject=payment.order.subject, at=at,
        reference=payment.reference, amount_fen=payment.amount_fen,
    )  # fmt: skip


def refund_at_provider(*, payment_id, by, at):
    """Give the money of a payment back at its provider; True when it is done. Safe to call again.

    The next try is set before the call, later each time. A provider that refuses for good ends it: the payment is
    left to staff as REFUND_REFUSED. Raises ``ProviderUnavailable`` or ``UnknownProvider``: then it is still due.
    """
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    if payment.state != PaymentState.REFUNDING:
        return payment.state == PaymentState.REFUNDED
    refunding = Payment.objects.filter(pk=payment.pk, state=PaymentState.REFUNDING)
    refunding.update(next_ask_at=at + refund_wait(payment.refund_tries), refund_tries=payment.refund_tries + 1)
    try:
        payments.get(payment.provider).refund(
            reference=payment.reference, refund_reference=keys.refund(payment), amount_fen=payment.amount_fen
        )
    except RefundRefused:
        log.error("refund_refused", reference=payment.reference)
        event, changes = "payment.refund_refused", {"state": PaymentState.REFUND_REFUSED}
    else:
        event, changes = "payment.refunded", {"state": PaymentState.REFUNDED, "refunded_at": at}
    with transaction.atomic():
        if refunding.update(**changes, next_ask_at=None):
            audit.record(
                event, by=by, subject=payment.order.subject, at=at,
                reference=payment.reference, amount_fen=payment.amount_fen,
            )  # fmt: skip
    return changes["state"] == PaymentState.REFUNDED


def refund_wait(tries):
    """How long the next try to refund waits after ``tries`` earlier ones."""
    return min(REFUND_WAIT * 2 ** min(tries, 10), LONGEST_REFUND_WAIT)


def refund_again(*, payment, by, at):
    """Staff have the provider asked once more for a refund it refused; raises ``NothingToRefund``."""
    with locking_transaction():
        order = moves.lock(payment.order_id)
        payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        if payment.state != PaymentState.REFUND_REFUSED:
            raise NothingToRefund
        _set(payment, PaymentState.REFUNDING, next_ask_at=at, refund_tries=0)
        audit.record("payment.refund_retried", by=by, subject=order.subject, at=at, reference=payment.reference)


def ask(*, payment_id, by, at):
    """Ask the provider what became of a payment and settle it; returns the provider's outcome.

    When another amount was paid, the payment is left to staff and DISPUTED is returned.
    Raises ``ProviderUnavailable`` or ``UnknownProvider``. No lock is held while the provider is asked.
    """
    payment = Payment.objects.get(pk=payment_id)
    age = at - payment.created_at
    Payment.objects.filter(pk=payment.pk, state__in=STILL_ASKED).update(
        next_ask_at=at + max(age, FIRST_ASK) if age < LAST_ASK else None
    )
    status = payments.get(payment.provider).query(reference=payment.reference)
    if status.outcome == PAID and status.amount_fen != payment.amount_fen:
        _dispute(payment, status, by=by, at=at)
        return DISPUTED
    settle(payment_id=payment.pk, outcome=status.outcome, provider_id=status.provider_id, by=by, at=at)
    return status.outcome


def is_disputed(order):
    """Whether a payment of the order waits for staff to look: then the clock leaves the order alone."""
    return order.payments.filter(state=PaymentState.DISPUTED).exists()


def _dispute(payment, status, *, by, at):
    """The provider was paid another amount: neither ours to keep nor to send back without somebody looking."""
    log.error("payment_amount_differs", reference=payment.reference, answered_fen=status.amount_fen)
    with locking_transaction():
        order = moves.lock(payment.order_id)
        payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        if payment.state in MONEY_CAME or payment.state == PaymentState.DISPUTED:
            return
        _set(payment, PaymentState.DISPUTED, provider_id=status.provider_id, next_ask_at=None)
        audit.record(
            "payment.disputed", by=by, subject=order.subject, at=at,
            reference=payment.reference, amount_fen=payment.amount_fen, answered_fen=status.amount_fen,
        )  # fmt: skip


def _set(payment, state, **changes):
    payment.state = state
    for name, value in changes.items():
        setattr(payment, name, value)
    payment.save(update_fields=["state", *changes])
