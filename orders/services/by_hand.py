"""What staff pay back or give away by hand: above what one person may let go in a day it waits for a second one (B11).

The services that do it stand beside this one. Money, points that come back and coupons count together, in fen.
"""

from django.db.models import Sum

from core import approvals, outbox
from core.approvals import Outdated
from core.db import locking_transaction, rehearsal
from core.models import Approval
from orders.models import AfterSale, AfterSaleState, CouponType
from orders.rules import coupons as coupon_rules
from orders.rules import keys
from orders.services import after_sale, coupons, paying
from orders.services.after_sale import moving
from orders.services.paying import rows
from points.ledger.rules import value

SETTLED, ACCEPTED, PAID_BACK, GIFT = "orders.settled", "orders.accepted", "orders.paid_back", "orders.gift"
MARKED, GIVEN_BACK = "orders.marked", "orders.given_back"
GIFT_TOPIC = "coupons.to_give"


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


def pay_back(*, request, by, at, **terms):
    """``after_sale.settle`` on these terms, in the same way."""
    with locking_transaction():
        order, request = moving.lock(request)
        if request.state == AfterSaleState.SETTLED:
            return None
        amounts = terms["amounts"].values()
        fen = sum(fen for _points, fen in amounts) + terms.get("shipping_fen", 0)
        fen += value.worth_fen(sum(points for points, _fen in amounts))
        approval = approvals.ask(
            kind=PAID_BACK,
            subject=request.subject,
            shares={order.member_id: fen},
            data=terms | {"request": request.pk, "amounts": list(map(list, terms["amounts"].items()))},
            reason=terms.get("answer", ""),
            by=by,
            at=at,
        )
        if not approval.waits:
            after_sale.settle(request=request, by=by, at=at, **terms)
            return None
        with rehearsal():
            after_sale.settle(request=request, by=by, at=at, **terms)
    return approval


def give_coupons(*, coupon_type, members, key, by, at, reason="", later=False):
    """Ask to give a coupon to ``members`` (ids); ``key`` names the act. Returns the ``Approval``: where it does not
    wait, go on with ``hand_out``, or have it done soon after the commit (``later``), as what is approved is. Raises
    ``OwnGain``, ``AlreadyAsked``, ``AlreadyDecided``."""
    with locking_transaction():
        earlier = Approval.objects.filter(kind=GIFT, data__key=key).first()
        if earlier is not None:
            if earlier.state == Approval.State.REFUSED:
                raise approvals.AlreadyDecided(state=earlier.get_state_display())
            return earlier
        worth = coupon_rules.worth_fen(coupon_type)
        approval = approvals.ask(
            kind=GIFT,
            subject=f"coupon_type:{coupon_type.pk}",
            shares=dict.fromkeys(members, worth),
            data={"key": key, "type": coupon_type.pk, "worth": worth},
            reason=reason,
            by=by,
            at=at,
        )
        if later and not approval.waits:
            _hand_out_later(approval, at)
    return approval


def hand_out(*, approval, at):
    """Give the coupons of a gift that was not refused and does not wait; again, it goes on where it stopped. Returns
    ``coupons.Given``."""
    approval = Approval.objects.get(pk=approval.pk, state__in=[Approval.State.DONE, Approval.State.APPROVED])
    return coupons.give_many(
        coupon_type=CouponType.objects.get(pk=approval.data["type"]),
        members=map(int, approval.shares),
        key=approval.data["key"],
        by=approval.by,
        at=at,
        reason=approval.reason,
    )


def run_payment(approval, *, by, at):
    """What was approved of a payment or a refund."""
    kind, terms = approval.kind, approval.data["terms"]
    _order, payment = rows.lock(approval.data["payment"])
    if FEN[kind](payment, terms) != approval.data["fen"]:
        raise Outdated
    try:
        ACTS[kind](payment=payment, by=approval.by, at=at, **terms)
    except GONE as error:
        raise Outdated from error


def run_paid_back(approval, *, by, at):
    """What was approved of a request."""
    terms = dict(approval.data)
    request = AfterSale.objects.get(pk=terms.pop("request"))
    if request.state == AfterSaleState.SETTLED:
        raise Outdated
    terms["amounts"] = {item: tuple(amount) for item, amount in terms["amounts"]}
    after_sale.settle(request=request, by=approval.by, at=at, **terms)


def run_gift(approval, *, by, at):
    """What was approved of coupons: each is worth what it was then."""
    if coupon_rules.worth_fen(CouponType.objects.get(pk=approval.data["type"])) != approval.data["worth"]:
        raise Outdated
    _hand_out_later(approval, at)


def _hand_out_later(approval, at):
    outbox.publish(GIFT_TOPIC, key=f"gift:{approval.pk}", at=at, approval_id=approval.pk)


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


def _settled_fen(payment, terms):
    return paying.for_staff(payment.refunds).aggregate(fen=Sum("amount_fen"))["fen"]


def _missing_fen(payment, terms):
    """How much less than it should have been arrived."""
    return max(payment.amount_fen - payment.arrived_fen, 0)


def _typed_fen(payment, terms):
    return terms["amount_fen"]


ACTS = {
    SETTLED: paying.settle_by_hand,
    ACCEPTED: paying.accept_disputed,
    MARKED: paying.mark_paid,
    GIVEN_BACK: paying.give_back,
}
FEN = {SETTLED: _settled_fen, ACCEPTED: _missing_fen, MARKED: _typed_fen, GIVEN_BACK: _typed_fen}
GONE = (paying.NothingToRefund, paying.NotDisputed, paying.NotToMark, paying.NotPaid, paying.RefundTooLarge)
