"""Purchases of long ago: what is taken, and what would earn points that have ended already (B9)."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.clock import shop_date
from core.errors import DomainError
from points.ledger import rules
from points.purchases.parameters import AFTER_SALE_DAYS, OLDEST_PURCHASE_MONTHS


class PaidTooLongAgo(DomainError):
    """Details: ``day``, the first one whose purchases are taken."""

    code = "paid_too_long_ago"
    message = _("Only purchases are taken that were paid on %(day)s or later. Nothing was changed.")


class PointsHaveEnded(DomainError):
    """Details: ``day``, the last one on which its points could have been used."""

    code = "points_have_ended"
    message = _("Points of this purchase could have been used until %(day)s, they have ended. Nothing was changed.")


def too_old(paid_at, *, at):
    """A ``PaidTooLongAgo`` where a purchase that was paid at ``paid_at`` is not taken any more at ``at``, or None."""
    first = rules.add_months(shop_date(at), -OLDEST_PURCHASE_MONTHS.value)
    begins = datetime.combine(first, time.min, tzinfo=timezone.get_default_timezone())
    return PaidTooLongAgo(day=first.isoformat()) if paid_at < begins else None


def ended(paid_at, *, at):
    """A ``PointsHaveEnded`` where what a purchase of ``paid_at`` earns has ended by ``at``, or None. It is for who
    sells here and now; a history, which counts for tiers, may be older."""
    ends = rules.default_expiry(usable_from(paid_at), earned_at=paid_at)
    return PointsHaveEnded(day=shop_date(ends).isoformat()) if ends is not None and ends <= at else None


def usable_from(paid_at):
    """When the after-sale window closes that begins with the payment."""
    return paid_at + timedelta(days=AFTER_SALE_DAYS.value)
