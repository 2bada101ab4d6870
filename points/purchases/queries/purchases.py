"""What members read of purchases whose points they cannot use: not yet, or because there are none (B5, C10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from points.ledger.models import UNDATED, PointsEntry, PointsLot
from points.purchases.models import Purchase

MOST_PENDING = 20
MOST_EMPTY = 5
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Pending:
    """``points`` that are left of what ``entry`` earned, usable from ``active_from``; None: nobody knows yet."""

    entry: PointsEntry
    points: int
    active_from: datetime | None


def pending(member_id, *, at):
    """The member's points that cannot be used yet, as ``Pending``, those first that can be used first."""
    lots = PointsLot.objects.filter(account_id=member_id, open=True, active_from__gt=at)
    lots = list(lots.order_by("active_from", "seq")[:MOST_PENDING])
    if not lots:
        return []
    entries = PointsEntry.objects.filter(account_id=member_id, seq__in=[lot.origin or lot.seq for lot in lots])
    by_seq = {entry.seq: entry for entry in entries}
    return [
        Pending(by_seq[lot.origin or lot.seq], lot.remaining, None if lot.active_from == UNDATED else lot.active_from)
        for lot in lots
    ]


def lots_of(member_id, entries):
    """``{number: PointsLot}`` of those of ``entries`` that earned; a lot may begin and end otherwise than its entry
    said at first."""
    return {
        lot.seq: lot for lot in PointsLot.objects.filter(account_id=member_id, seq__in=[entry.seq for entry in entries])
    }


def of_order(number):
    """The ``Purchase`` that an order of the mall is; None while it is not booked, and where points alone paid it."""
    return Purchase.objects.filter(source=Purchase.MALL, number=number).first()


def without_points(member_id, *, at):
    """The member's latest purchases that earned nothing, newest first."""
    found = Purchase.objects.filter(member_id=member_id, points=0, paid_at__gt=at - LOOK_BACK)
    return list(found.order_by("-paid_at", "-pk")[:MOST_EMPTY])
