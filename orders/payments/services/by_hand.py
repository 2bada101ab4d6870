"""What staff do about payments by hand: above what one person may let go in a day it waits for a second one (B11)."""

from django.db.models import Sum

from core import approvals
from core.approvals import Outdated
from core.db import locking_transaction, rehearsal
from core.models import Approval
from orders.lifecycle import keys
from orders.payments.services import paying
from orders.payments.services.paying import rows

SETTLED, ACCEPTED, MARKED, GIVEN_BACK = "orders.settled", "orders.accepted", "orders.marked", "orders.given_back"


def settle_refund(*, payment, by, at, note):
    """``paying.settle_by_hand``, at once or when somebody has approved it. Returns the ``Approval`` that waits, or
    None. Raises what that raises, ``OwnGain`` and ``AlreadyAsked``."""
    return _pay(SETTLED, payment, by=by, at=at, note=note)


def accept_payment(*, payment, by, at, note):
    """``paying.accept_disputed``, in the same way: what counts is how much less arrived."""
    return _pay(ACCEPTED, payment, by=by, at=at, note=note)


def mark_paid(*, payment, by, at, note, amount_fen, provider_id):
    """``paying.mark_paid``, in the same way: what counts is what is said to have arrived."""
    return _pay(MARKED, payment, by=by, at=at, note=note, amount_fen=amount_fen, provider_id=provider_id)


def give_back(*, payment, by, at, note, amount_fen, form_key):
    """``paying.give_back``, in the same way. The same ``form_key`` again changes nothing."""
    key = keys.refund_by_hand(form_key)
    with locking_transaction():
        rows.lock(payment.pk)
        earlier = Approval.objects.filter(kind=GIVEN_BACK, subject=_subject(payment), data__terms__key=key).first()
        if earlier is not None:
            return earlier if earlier.waits else None
        return _pay(GIVEN_BACK, payment, by=by, at=at, note=note, amount_fen=amount_fen, key=key)


def run_payment(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved of a payment or a refund."""
    kind, terms = approval.kind, approval.data["terms"]
    _order, payment = rows.lock(approval.data["payment"])
    if FEN[kind](payment, terms) != approval.data["fen"]:
        raise Outdated
    try:
        ACTS[kind](payment=payment, by=approval.by, at=at, **terms)
    except GONE as error:
        raise Outdated from error


def _pay(kind, payment, *, by, at, **terms):
    with locking_transaction():
        order, payment = rows.lock(payment.pk)
        with rehearsal():  # what cannot be done is refused before anybody is asked
            ACTS[kind](payment=payment, by=by, at=at, **terms)
        fen = FEN[kind](payment, terms)
        approval = approvals.ask(
            kind=kind,
            subject=_subject(payment),
            shares={order.member_id: fen},
            data={"payment": payment.pk, "fen": fen, "terms": terms},
            reason=terms["note"],
            by=by,
            at=at,
        )
        if approval.waits:
            return approval
        ACTS[kind](payment=payment, by=by, at=at, **terms)
    return None


def _subject(payment):
    return f"payment:{payment.reference}"


def _settled_fen(payment, terms):  # noqa: ARG001 - as its caller has it
    return paying.for_staff(payment.refunds).aggregate(fen=Sum("amount_fen"))["fen"]


def _missing_fen(payment, terms):  # noqa: ARG001 - as its caller has it
    """How much less than it should have been arrived."""
    return max(payment.amount_fen - payment.arrived_fen, 0)


def _typed_fen(payment, terms):  # noqa: ARG001 - as its caller has it
    return terms["amount_fen"]


ACTS = {
    SETTLED: paying.settle_by_hand,
    ACCEPTED: paying.accept_disputed,
    MARKED: paying.mark_paid,
    GIVEN_BACK: paying.give_back,
}
FEN = {SETTLED: _settled_fen, ACCEPTED: _missing_fen, MARKED: _typed_fen, GIVEN_BACK: _typed_fen}
GONE = (paying.NothingToRefund, paying.NotDisputed, paying.NotToMark, paying.NotPaid, paying.RefundTooLarge)
