"""Coupons that staff give away: above what one person may let go in a day they wait for a second one (B11)."""

from core import approvals, outbox
from core.approvals import Outdated
from core.db import locking_transaction
from core.models import Approval
from orders.coupons import rules as coupon_rules
from orders.coupons.services import coupons
from orders.models import CouponType

GIFT = "orders.gift"
GIFT_TOPIC = "coupons.to_give"


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


def run_gift(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved of coupons: each is worth what it was then."""
    if coupon_rules.worth_fen(CouponType.objects.get(pk=approval.data["type"])) != approval.data["worth"]:
        raise Outdated
    _hand_out_later(approval, at)


def _hand_out_later(approval, at):
    outbox.publish(GIFT_TOPIC, key=f"gift:{approval.pk}", at=at, approval_id=approval.pk)
