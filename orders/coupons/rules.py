"""What a coupon gives, in words, and until when (F11)."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.clock import shop_date
from core.formats import yuan
from orders.models import Coupon, CouponKind, CouponType
from orders.parameters import COUPON_WORTH_YUAN
from points.ledger.rules.value import worth_fen as worth_of_points


def terms(coupon: Coupon | CouponType) -> str:
    """``¥10 off from ¥50 cash for goods`` of a ``Coupon`` or a ``CouponType``."""
    if coupon.kind == CouponKind.CASH_OFF and coupon.minimum_fen:
        values = {"off": yuan(coupon.off_fen), "minimum": yuan(coupon.minimum_fen)}
        return _("%(off)s off when the goods cost %(minimum)s cash or more") % values
    if coupon.kind == CouponKind.CASH_OFF:
        return _("%(off)s off the cash for goods") % {"off": yuan(coupon.off_fen)}
    if coupon.kind == CouponKind.MEMBER_DAY:
        return _("%(percent)s%% off the points of an order on a member day") % {"percent": coupon.percent}
    return _("No shipping fee for one order")


def worth_fen(coupon_type: CouponType) -> int:
    """What one coupon counts when it is given away: its amount, or what members pay for one in points."""
    if coupon_type.off_fen:
        return coupon_type.off_fen
    return worth_of_points(coupon_type.points_price or 0) or COUPON_WORTH_YUAN.value * 100


def promised(coupon_type: CouponType) -> dict[str, Any]:
    """All that decides what one coupon is worth that is given now, as JSON: an approval holds it, and what is given
    must still be the same."""
    ends = coupon_type.valid_until
    return {
        "worth": worth_fen(coupon_type),
        "kind": str(coupon_type.kind),
        "off_fen": coupon_type.off_fen,
        "percent": coupon_type.percent,
        "minimum_fen": coupon_type.minimum_fen,
        "valid_days": coupon_type.valid_days,
        "valid_until": ends and ends.astimezone(UTC).isoformat(),
    }


def end_of(coupon_type: CouponType, at: datetime) -> datetime:
    """When a coupon of the type ends that is given at ``at``: with the shop's day, or at the type's own moment."""
    if coupon_type.valid_until is not None:
        return coupon_type.valid_until
    last = shop_date(at) + timedelta(days=coupon_type.valid_days or 0)  # one of both is always there
    return datetime.combine(last, time.max, tzinfo=timezone.get_default_timezone())
