"""What came is not what was asked for: neither ours to keep nor to send back without somebody looking.

Another amount or currency, an answer about somebody else's money, or money of which some went back without us."""

import structlog
from django.utils.translation import gettext_lazy as _

from core import audit
from core.db import locking_transaction
from core.errors import DomainError
from orders.models import PaymentState
from orders.payments.services.paying import rows
from orders.payments.services.paying.refunding import start_refund
from orders.payments.services.paying.taking import MONEY_CAME, take_money

log = structlog.get_logger(__name__)


class NotDisputed(DomainError):
    code = "not_disputed"
    message = _("This payment is not disputed any more. Nothing was changed.")


def is_disputed(order):
    """Whether a payment of the order waits for staff to look: then the clock leaves the order alone."""
    return order.payments.filter(state=PaymentState.DISPUTED).exists()


def dispute(payment, status, *, by, at):
    """The provider was not paid what we asked for: leave the payment to staff."""
    word = f"{status.word} {status.mismatch}".strip()
    log.error("payment_differs", reference=payment.reference, answered_fen=status.amount_fen, word=word)
    with locking_transaction():
        order, payment = rows.lock(payment.pk)
        if payment.state in MONEY_CAME or payment.state == PaymentState.DISPUTED:
            return
        rows.change(
            payment,
            PaymentState.DISPUTED,
            provider_id=status.provider_id,
            paid_fen=None if status.amount_fen in (0, payment.amount_fen) else status.amount_fen,
            said=word[:64],
            next_ask_at=None,
            look_since=at,
        )
        audit.record(
            "payment.disputed", by=by, subject=order.subject, at=at,
            reference=payment.reference, amount_fen=payment.amount_fen,
            answered_fen=status.amount_fen, word=word,
        )  # fmt: skip


def accept_disputed(*, payment, by, at, note):
    """Staff take what arrived for the whole; the order moves on, or the money goes back when nobody waits for it.

    Raises ``NotDisputed``. Returns the payment.
    """
    with locking_transaction():
        order, payment = _disputed(payment)
        audit.record(
            "payment.dispute_accepted", by=by, subject=order.subject, at=at,
            reference=payment.reference, amount_fen=payment.amount_fen, arrived_fen=payment.arrived_fen, note=note,
        )  # fmt: skip
        take_money(order, payment, provider_id=payment.provider_id, word=payment.said, by=by, at=at)
        return payment


def refund_disputed(*, payment, by, at, note):
    """Staff send back what arrived; the member may pay again while there is time. Raises ``NotDisputed``."""
    with locking_transaction():
        order, payment = _disputed(payment)
        audit.record(
            "payment.dispute_refunded", by=by, subject=order.subject, at=at,
            reference=payment.reference, arrived_fen=payment.arrived_fen, note=note,
        )  # fmt: skip
        rows.change(payment, payment.state, paid_at=at, look_since=None)
        start_refund(payment, by=by, at=at)
        return payment


def _disputed(payment):
    order, payment = rows.lock(payment.pk)
    if payment.state != PaymentState.DISPUTED:
        raise NotDisputed
    return order, payment
