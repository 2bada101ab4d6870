"""Settles a payment by what its provider says, in a callback or when asked (F5, F6)."""

from datetime import timedelta

import structlog
from django.db.models import Q

from core import audit
from core.db import locking_transaction
from orders import payments
from orders.models import Payment, PaymentState
from orders.payments.base import DECLINED, FAILED, PAID, RETURNED, UNCLEAR, WAITING
from orders.payments.services.paying import rows
from orders.payments.services.paying.disputes import dispute
from orders.payments.services.paying.opening import FIRST_ASK
from orders.payments.services.paying.taking import MONEY_CAME, PAID_TOPIC, take_money

__all__ = ["DISPUTED", "LAST_ASK", "MONEY_CAME", "PAID_TOPIC", "STILL_ASKED", "ask", "may_bring_money", "settle"]

log = structlog.get_logger(__name__)

LAST_ASK = timedelta(days=2)  # after the time to pay; a provider with no news by then is not asked any more
DISPUTED = PaymentState.DISPUTED
STILL_ASKED = (PaymentState.OPEN, PaymentState.CLOSED, PaymentState.FAILED)


def may_bring_money(payments):
    """Those of ``payments`` that are not paid and have not come to their end at the provider."""
    return payments.filter(Q(state=PaymentState.OPEN) | Q(next_ask_at__isnull=False))


def settle(*, payment_id, outcome, provider_id, by, at, word="", asked=False):
    """Take note that the provider says ``outcome`` (of ``payments.base``) about a payment; returns its state after it.

    Harmless when it runs twice or in another order: only a payment that was never paid can become paid. A paid one
    moves its order on; when the order does not wait for money (any more), the money goes back. What was declined lets
    the member pay anew, and is asked about on; what is unclear waits for staff. ``word`` is the provider's own. A
    disputed payment becomes paid only by what the provider answers now (``asked``): news that comes late is older than
    what made us doubt.
    """
    with locking_transaction():
        order, payment = rows.lock(payment_id)
        if payment.state == DISPUTED and not asked:
            return DISPUTED
        if outcome == PAID and payment.state not in MONEY_CAME:
            if payment.paid_fen is not None:  # another amount was told before
                rows.change(payment, payment.state, paid_fen=None)
            take_money(order, payment, provider_id=provider_id, word=word, by=by, at=at)
        elif payment.state in STILL_ASKED:
            _take_note(order, payment, outcome, provider_id, word, by=by, at=at)
        return payment.state


def ask(*, payment_id, by, at):
    """Ask the provider what became of a payment and settle it; returns the provider's outcome.

    When what was paid is not what was asked for, the payment is left to staff and DISPUTED is returned. One that nobody
    shall pay any more is closed at the provider too, where that can be done: then there is nothing left to ask.
    Raises ``ProviderUnavailable`` or ``UnknownProvider``. No lock is held while the provider is asked.
    """
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    asked = Payment.objects.filter(pk=payment.pk, next_ask_at__isnull=False)
    asked.update(next_ask_at=at + max(at - payment.created_at, FIRST_ASK))
    provider, charge = payments.get(payment.provider), rows.charge(payment)
    status = provider.query(charge=charge, at=at)
    differs = status.mismatch or status.amount_fen != payment.amount_fen
    if status.outcome == RETURNED or (status.outcome == PAID and differs):
        dispute(payment, status, by=by, at=at)
        return DISPUTED
    outcome = UNCLEAR if status.outcome == FAILED and status.mismatch else status.outcome
    is_over = payment.state in (PaymentState.CLOSED, PaymentState.FAILED)
    if is_over and outcome in (WAITING, DECLINED) and provider.close(charge=charge):
        outcome = FAILED
    settle(
        payment_id=payment.pk,
        outcome=outcome,
        provider_id=status.provider_id,
        word=status.word,
        by=by,
        at=at,
        asked=True,
    )
    return status.outcome


def _take_note(order, payment, outcome, provider_id, word, *, by, at):
    """No money came so far. What is not final is asked about again, until long after the time to pay."""
    is_last = outcome == FAILED or at >= order.pay_before + LAST_ASK
    changes = {
        "said": word,
        "look_since": (payment.look_since or at) if outcome == UNCLEAR else None,
        "next_ask_at": None if is_last else payment.next_ask_at,
    }
    state = payment.state
    if outcome in (FAILED, DECLINED) and state == PaymentState.OPEN:
        state, changes["provider_id"] = PaymentState.FAILED, provider_id
    if outcome == UNCLEAR and payment.look_since is None:
        log.error("payment_unclear", reference=payment.reference, word=word)
        audit.record("payment.unclear", by=by, subject=order.subject, at=at, reference=payment.reference, word=word)
    if any(getattr(payment, name) != value for name, value in {"state": state, **changes}.items()):
        rows.change(payment, state, **changes)
