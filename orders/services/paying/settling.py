"""What the provider says about a payment, told by itself or asked (F5, F6)."""

from datetime import timedelta

from core.db import locking_transaction
from orders import payments
from orders.models import Payment, PaymentState
from orders.payments.base import FAILED, PAID, WAITING
from orders.services.paying import rows
from orders.services.paying.disputes import dispute
from orders.services.paying.opening import FIRST_ASK
from orders.services.paying.taking import MONEY_CAME, PAID_TOPIC, take_money

__all__ = ["DISPUTED", "LAST_ASK", "MONEY_CAME", "PAID_TOPIC", "STILL_ASKED", "ask", "settle"]

LAST_ASK = timedelta(days=2)  # later than that no money comes any more
DISPUTED = PaymentState.DISPUTED
STILL_ASKED = (PaymentState.OPEN, PaymentState.CLOSED)


def settle(*, payment_id, outcome, provider_id, by, at):
    """Take note that the provider says PAID or FAILED about a payment; returns its state afterwards.

    Harmless when it runs twice or in another order: only a payment that was never paid can become paid. A paid one
    moves its order on; when the order does not wait for money (any more), the money goes back.
    """
    with locking_transaction():
        order, payment = rows.lock(payment_id)
        if outcome == FAILED and payment.state == PaymentState.OPEN:
            rows.change(payment, PaymentState.FAILED, provider_id=provider_id, next_ask_at=None)
        if outcome == PAID and payment.state not in MONEY_CAME:
            take_money(order, payment, provider_id=provider_id, by=by, at=at)
        return payment.state


def ask(*, payment_id, by, at):
    """Ask the provider what became of a payment and settle it; returns the provider's outcome.

    When another amount was paid, the payment is left to staff and DISPUTED is returned. One that we closed and nobody
    has paid is closed at the provider too, where that can be done: then there is nothing to ask any more.
    Raises ``ProviderUnavailable`` or ``UnknownProvider``. No lock is held while the provider is asked.
    """
    payment = Payment.objects.get(pk=payment_id)
    age = at - payment.created_at
    asked = Payment.objects.filter(pk=payment.pk, state__in=STILL_ASKED)
    asked.update(next_ask_at=at + max(age, FIRST_ASK) if age < LAST_ASK else None)
    provider = payments.get(payment.provider)
    status = provider.query(charge=rows.charge(payment))
    if status.outcome == PAID and status.amount_fen != payment.amount_fen:
        dispute(payment, status, by=by, at=at)
        return DISPUTED
    if status.outcome == WAITING:
        if payment.state == PaymentState.CLOSED and provider.close(charge=rows.charge(payment)):
            asked.filter(state=PaymentState.CLOSED).update(next_ask_at=None)
        return WAITING
    if status.outcome == FAILED and payment.state == PaymentState.CLOSED:
        asked.filter(state=PaymentState.CLOSED).update(next_ask_at=None)
    settle(payment_id=payment.pk, outcome=status.outcome, provider_id=status.provider_id, by=by, at=at)
    return status.outcome
