"""Coupons that staff give away: above what one person may let go in a day they wait for a second one (B11)."""

from functools import partial

from core import approvals, outbox
from core.approvals import Outdated
from core.db import locking_transaction
from core.models import Approval
from orders.coupons import rules as coupon_rules
from orders.coupons.services import coupons
from orders.models import Coupon, CouponType

GIFT = "orders.gift"
GIFT_TOPIC = "coupons.to_give"


def give_coupons(*, coupon_type, members, key, by, at, reason="", later=False):
    """Give a coupon to ``members`` (ids), or ask for it; ``key`` names the act. Returns ``(Approval, Given)``.

    Where it does not wait, the coupons and the approval are one transaction, so that none is left over for another day.
    ``Given`` is None where it waits, or is done soon after the commit: what is for ``later`` or for more than
    ``coupons.CHUNK`` members. Raises ``OwnGain``, ``AlreadyAsked``, ``AlreadyDecided``, ``CouponNotOffered``,
    ``CouponsGone``, ``Outdated``, ``Busy``.
    """
    with locking_transaction():
        earlier = Approval.objects.filter(kind=GIFT, data__key=key).first()
        if earlier is not None:
            if earlier.state == Approval.State.REFUSED:
                raise approvals.AlreadyDecided(state=earlier.get_state_display())
            return earlier, _given_before(earlier)
        fresh = CouponType.objects.get(pk=coupon_type.pk)
        coupons.must_be_in_use(fresh, at)
        terms = coupon_rules.promised(fresh)
        members = set(members)
        later = later or len(members) > coupons.CHUNK
        approval = approvals.ask(
            kind=GIFT,
            subject=f"coupon_type:{fresh.pk}",
            shares=dict.fromkeys(members, terms["worth"]),
            data={"key": key, "type": fresh.pk, "worth": terms["worth"], "terms": terms, "later": later},
            reason=reason,
            by=by,
            at=at,
        )
        if approval.waits:
            return approval, None
        if later:
            _hand_out_later(approval, at)
            return approval, None
        return approval, hand_out(approval=approval, at=at)


def hand_out(*, approval, at):
    """Give the coupons of a gift that was not refused and does not wait; again, it goes on where it stopped. Returns
    ``coupons.Given``. Raises ``Outdated`` where a coupon is not any more what it was when it was asked for, and as
    ``coupons.give_many``."""
    approval = Approval.objects.get(pk=approval.pk, state__in=[Approval.State.DONE, Approval.State.APPROVED])
    return coupons.give_many(
        coupon_type=CouponType.objects.get(pk=approval.data["type"]),
        members=map(int, approval.shares),
        key=approval.data["key"],
        by=approval.by,
        at=at,
        reason=approval.reason,
        check=partial(_must_be_as_asked, approval),
    )


def run_gift(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved of coupons: each is worth what it was then."""
    coupon_type = CouponType.objects.get(pk=approval.data["type"])
    _must_be_as_asked(approval, coupon_type)
    coupons.must_be_in_use(coupon_type, at)
    _hand_out_later(approval, at)


def _must_be_as_asked(approval, coupon_type):
    if coupon_rules.promised(coupon_type) != approval.data.get("terms"):
        raise Outdated


def _given_before(approval):
    """What an earlier call of the same act has given; None where it waits, or is done in the background."""
    if approval.state != Approval.State.DONE or approval.data.get("later"):
        return None
    return coupons.Given(Coupon.objects.filter(type=approval.data["type"], key=approval.data["key"]).count(), ())


def _hand_out_later(approval, at):
    outbox.publish(GIFT_TOPIC, key=f"gift:{approval.pk}", at=at, approval_id=approval.pk)
