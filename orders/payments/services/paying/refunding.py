"""Money that goes back: whole payments and parts of them, asked for once, sent until it got through (F6, F10)."""

from dataclasses import replace
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import BigIntegerField, F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core import audit, outbox
from core.db import locking_transaction
from core.errors import DomainError
from core.formats import yuan_sum
from orders import payments
from orders.lifecycle import keys
from orders.models import Payment, PaymentRefund, PaymentState, RefundState
from orders.payments.base import ABSENT, DONE, FAILED, UNCLEAR, WAITING, RefundRefused, Status
from orders.payments.services.paying import rows

log = structlog.get_logger(__name__)

REFUND_TOPIC = "payment.refund_due"
REFUND_WAIT = timedelta(minutes=2)  # after the first try; twice as long after each
LONGEST_REFUND_WAIT = timedelta(hours=6)
LONG_UNDERWAY = timedelta(days=3)  # a refund that takes longer is shown to staff
LONGEST_NOTE = 200
CLOSED_BY_ITSELF = (RefundState.DONE, RefundState.SETTLED)
NOT_THERE_YET = (RefundState.UNDERWAY, RefundState.REFUSED)


class NothingToRefund(DomainError):
    code = "nothing_to_refund"
    message = _("No refund of this payment was refused. Nothing was changed.")


class RefundTooLarge(DomainError):
    """More than is left of the payment. Details: ``left`` as text."""

    code = "refund_too_large"
    message = _("Of this payment only %(left)s can still be given back. Nothing was changed.")


class RefundKeyReused(DomainError):
    """The key names another refund already."""

    code = "refund_key_reused"
    message = _("This refund was asked for before, with another amount. Nothing was changed.")


def refund_part(*, payment, amount_fen, key, by, at, note=""):
    """Give ``amount_fen`` of a paid payment back, any number of times until nothing is left; returns the refund.

    Written in the caller's transaction (or its own), sent after it. ``key`` (at most 100 characters) makes it
    idempotent: the same key and amount give the same ``PaymentRefund`` again. Takes the order's row first, as every
    writer does. Raises ``RefundTooLarge``, ``RefundKeyReused`` or ``Busy``.
    """
    with locking_transaction():
        _order, payment = rows.lock(payment.pk)
        earlier = PaymentRefund.objects.filter(key=key).first()
        if earlier is not None:
            if (earlier.payment_id, earlier.amount_fen) != (payment.pk, amount_fen):
                raise RefundKeyReused
            return earlier
        if payment.state != PaymentState.PAID:
            raise RefundTooLarge(left=yuan_sum(0))
        return _refund(payment, amount_fen, key=key, by=by, at=at, note=note)


def start_refund(payment, *, by, at):
    """In the caller's transaction, with the order locked: all that is left of a paid payment is to go back (F6).

    Returns the refund, None when nothing was left.
    """
    if not payment.left_fen:
        return None
    return _refund(payment, payment.left_fen, key=keys.refund(payment), by=by, at=at)


def _refund(payment, amount_fen, *, key, by, at, note=""):
    """The sum of refunds is held under what arrived by one conditional UPDATE, and by a check of the table."""
    arrived = Coalesce(F("paid_fen"), F("amount_fen"), output_field=BigIntegerField())
    fits = Payment.objects.filter(pk=payment.pk, returned_fen__lte=arrived - amount_fen)
    if amount_fen <= 0 or not fits.update(returned_fen=F("returned_fen") + amount_fen):
        raise RefundTooLarge(left=yuan_sum(payment.left_fen))
    payment.refresh_from_db(fields=["returned_fen"])
    number = payment.refunds.count() + 1
    refund = PaymentRefund.objects.create(
        payment=payment,
        key=key,
        reference=f"{payment.reference}R{number}",
        amount_fen=amount_fen,
        by=by,
        note=note,
        asked_at=at,
        next_ask_at=at + REFUND_WAIT,
    )
    rows.follow_refunds(payment)
    outbox.publish(REFUND_TOPIC, key=keys.refund_due(refund), at=at, payment_id=payment.pk)
    audit.record(
        "payment.refund_due", by=by, subject=payment.order.subject, at=at,
        reference=refund.reference, amount_fen=amount_fen,
    )  # fmt: skip
    return refund


def refund_at_provider(*, payment_id, by, at):
    """Send what is to go back of a payment; True when all of it is there. Safe to call again.

    What was refused is only asked about: staff may have ended it on the provider's own pages.
    Raises ``ProviderUnavailable`` or ``UnknownProvider``: then it is still due.
    """
    refunds = PaymentRefund.objects.filter(payment_id=payment_id)
    for refund_id in list(refunds.filter(state__in=NOT_THERE_YET).values_list("pk", flat=True)):
        send_refund(refund_id=refund_id, by=by, at=at)
    return not refunds.exclude(state__in=CLOSED_BY_ITSELF).exists()


def send_refund(*, refund_id, by, at):
    """Have the provider give a refund back, or ask what became of it; True when the money is there.

    The next try is set before the call, later each time. A provider that refuses for good ends it: the refund is left
    to staff as REFUSED. What it says in words that we do not know, and what takes very long, is shown to staff and
    asked about on. Raises ``ProviderUnavailable`` or ``UnknownProvider``: then it is still due.
    """
    refund = PaymentRefund.objects.select_related("payment__order").get(pk=refund_id)
    if refund.state not in NOT_THERE_YET:
        return refund.state in CLOSED_BY_ITSELF
    is_long = at - refund.asked_at > LONG_UNDERWAY
    PaymentRefund.objects.filter(pk=refund.pk, state=RefundState.UNDERWAY).update(
        next_ask_at=at + refund_wait(refund.tries),
        tries=refund.tries + 1,
        look_since=(refund.look_since or at) if is_long else refund.look_since,
    )
    try:
        status = _sent(refund)
    except RefundRefused as error:
        status = Status(FAILED, word=error.details.get("word", ""))
    return _take_note(refund, status, by=by, at=at)


def _sent(refund):
    """The provider's answer. A refund that was sent before is asked for first: not all take the same one twice."""
    provider = payments.get(refund.payment.provider)
    order = rows.refund_order(refund)
    if refund.tries or refund.state == RefundState.REFUSED:
        status = provider.query_refund(refund=order)
        if status.outcome != ABSENT or refund.state == RefundState.REFUSED:
            return status
    return provider.refund(refund=order)


def _take_note(refund, status, *, by, at):
    """Write down what the provider said of a refund; True when the money is there."""
    differs = status.mismatch or ("amount" if status.amount_fen != refund.amount_fen else "")
    if (status.outcome == DONE and differs) or (status.outcome == FAILED and status.mismatch):
        status = replace(status, outcome=UNCLEAR, word=f"{status.word} {differs}"[:64])
    is_refused, event = refund.state == RefundState.REFUSED, ""
    changes = {"said": status.word}
    if status.outcome == DONE:
        event = "payment.refunded"
        changes |= {"state": RefundState.DONE, "done_at": at, "next_ask_at": None, "look_since": None}
        changes["provider_id"] = status.provider_id
    elif status.outcome == FAILED and not is_refused:
        event = "payment.refund_refused"
        changes |= {"state": RefundState.REFUSED, "next_ask_at": None, "look_since": refund.look_since or at}
    elif status.outcome in (WAITING, UNCLEAR):
        waits = status.outcome == UNCLEAR or at - refund.asked_at > LONG_UNDERWAY
        changes["look_since"] = (refund.look_since or at) if waits else None
        if is_refused:  # it lives on there
            changes |= {"state": RefundState.UNDERWAY, "next_ask_at": at + REFUND_WAIT}
    if event == "payment.refund_refused" or (status.outcome == UNCLEAR and refund.look_since is None):
        log.error("refund_for_staff", reference=refund.reference, word=status.word)
    with transaction.atomic():
        payment = Payment.objects.select_for_update(of=("self",)).get(pk=refund.payment_id)
        if PaymentRefund.objects.filter(pk=refund.pk, state=refund.state).update(**changes):
            rows.follow_refunds(payment)
            if event:
                audit.record(
                    event, by=by, subject=refund.payment.order.subject, at=at,
                    reference=refund.reference, amount_fen=refund.amount_fen, word=status.word,
                )  # fmt: skip
    return status.outcome == DONE


def refund_wait(tries):
    """How long the next try to refund waits after ``tries`` earlier ones."""
    return min(REFUND_WAIT * 2 ** min(tries, 10), LONGEST_REFUND_WAIT)


def refund_again(*, payment, by, at):
    """Staff have the provider asked once more for what it refused to give back; raises ``NothingToRefund``."""
    with locking_transaction():
        order, payment = rows.lock(payment.pk)
        refused = list(payment.refunds.filter(state=RefundState.REFUSED))
        if not refused:
            raise NothingToRefund
        for refund in refused:
            refund.state, refund.next_ask_at, refund.tries, refund.look_since = RefundState.UNDERWAY, at, 0, None
            if payments.get(payment.provider).needs_new_name(word=refund.said):
                refund.reference = _next_reference(refund.reference)
            refund.save(update_fields=["state", "next_ask_at", "tries", "look_since", "reference"])
            audit.record(
                "payment.refund_retried", by=by, subject=order.subject, at=at, reference=refund.reference
            )  # fmt: skip
        rows.follow_refunds(payment)


def _next_reference(reference):
    """Another name for a refund of the same number: ``...R1``, ``...R1T2``, ``...R1T3``."""
    stem, _mark, tries = reference.partition("T")
    return f"{stem}T{int(tries or 1) + 1}"


def for_staff(refunds):
    """Those of ``refunds`` that staff may settle by hand."""
    return refunds.filter(Q(state=RefundState.REFUSED) | Q(state=RefundState.UNDERWAY, look_since__isnull=False))


def settle_by_hand(*, payment, by, at, note):
    """Staff have given back by other means what the provider refused, or speaks of unclearly; ``note`` says how.

    Raises ``NothingToRefund``.
    """
    with locking_transaction():
        order, payment = rows.lock(payment.pk)
        settled = {"state": RefundState.SETTLED, "done_at": at, "next_ask_at": None, "look_since": None, "by": by}
        if not for_staff(payment.refunds).update(**settled, note=note.strip()[:LONGEST_NOTE]):
            raise NothingToRefund
        rows.follow_refunds(payment)
        audit.record(
            "payment.refund_settled", by=by, subject=order.subject, at=at, reference=payment.reference, note=note
        )
