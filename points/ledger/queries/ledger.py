"""What members and staff read of the ledger (B2). Everything is judged by the clock at ``at``, whether a sweep ran or
not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from core.clock import day_end, is_in_calendar
from core.errors import InvalidInput
from points.ledger import rules
from points.ledger.models import UNDATED, Kind, PointsEntry, PointsHold, PointsLot

PAGE = 30
A_MOMENT = timedelta(microseconds=1)
MONTHS_AHEAD = 12

KIND_GROUPS = {
    "earned": Q(points__gt=0) & ~Q(kind=Kind.REFUND),
    "used": Q(points__lt=0) & ~Q(kind=Kind.EXPIRE),
    "returned": Q(kind=Kind.REFUND),
    "expired": Q(kind=Kind.EXPIRE),
}


@dataclass(frozen=True, slots=True)
class Balance:
    """Points of a member: spendable now, not yet active (the first of them from ``pending_from``, None where nobody
    knows yet), set aside in ``holds`` holds.

    ``expiring_points`` of the available and pending ones end first, at ``expires_at`` (None: none ever ends).
    ``worth_fen`` is what the available ones are worth.
    """

    available: int = 0
    pending: int = 0
    held: int = 0
    total: int = 0
    expiring_points: int = 0
    expires_at: datetime | None = None
    worth_fen: int = 0
    pending_from: datetime | None = None
    holds: int = 0
    debt: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """A page of entries, newest first; ``before`` asks for the next page, None on the last."""

    entries: list[PointsEntry]
    before: int | None


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """Points of one month by group, as positive numbers."""

    earned: int
    used: int
    returned: int
    expired: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """The coming months (their first days) with the points that end in each, then those that end later or never, and
    those whose end is counted from a begin that nobody knows yet."""

    months: list[tuple[date, int]]
    later: int
    never: int
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    accounts: int
    lots: int
    points: int


# Lots that ended lead the index of open lots; lots not active yet and open holds are only looked for where the
# account row says that there may be some.
BALANCE = """
SELECT a.unspent - gone.points - pending.points, pending.points, a.held, soonest.points, soonest.expires_at,
       pending.active_from, CASE WHEN a.held > 0 THEN (
           SELECT count(*) FROM points_hold h WHERE h.account_id = a.account_id AND h.state = 'open'
       ) ELSE 0 END, a.debt
FROM points_account a
CROSS JOIN LATERAL (
    SELECT coalesce(sum(remaining), 0) AS points FROM points_lot
    WHERE account_id = a.account_id AND open AND expires_at <= %(at)s
) gone
CROSS JOIN LATERAL (
    SELECT coalesce(sum(remaining), 0) AS points, min(active_from) AS active_from FROM points_lot
    WHERE account_id = a.account_id AND open AND active_from > %(at)s AND a.pending_until > %(at)s
) pending
LEFT JOIN LATERAL (
    SELECT expires_at, sum(remaining) AS points FROM points_lot
    WHERE account_id = a.account_id AND open AND expires_at > %(at)s
    GROUP BY expires_at ORDER BY expires_at LIMIT 1
) soonest ON true
WHERE a.account_id = %(account)s
"""


def balance(member_id: int | None, *, at: datetime) -> Balance:
    """The ``Balance`` of a member, in one query; zeros for a stranger (None) and for who never earned."""
    if member_id is None:
        return Balance()
    with connection.cursor() as cursor:
        cursor.execute(BALANCE, {"account": member_id, "at": at})
        row = cursor.fetchone()
    if row is None:
        return Balance()
    available, pending, held, expiring, expires_at, pending_from, holds, debt = row
    available, pending = int(available), int(pending)
    return Balance(
        available=available,
        pending=pending,
        held=held,
        total=available + pending + held,
        expiring_points=int(expiring or 0),
        expires_at=expires_at,
        worth_fen=rules.worth_fen(available),
        pending_from=None if pending_from == UNDATED else pending_from,
        holds=holds,
        debt=debt,
    )


def history(
    member_id: int, *, kind: str | None = None, month: date | None = None, before: int | None = None, limit: int = PAGE
) -> History:
    """Entries of a member, newest first, as a ``History``; not those that only say from when points can be used.

    ``kind`` is one of ``KIND_GROUPS``, ``month`` any date of a month in the shop's time zone, ``before`` the number
    below which to go on: a page costs the same wherever it lies.
    """
    entries = PointsEntry.objects.filter(account_id=member_id).exclude(kind=Kind.BEGIN)
    if kind is not None:
        entries = entries.filter(KIND_GROUPS[kind])
    if month is not None:
        begin, end = month_bounds(month)
        entries = entries.filter(at__gte=begin, at__lt=end)
    if before is not None:
        entries = entries.filter(seq__lt=before)
    page = list(entries.order_by("-seq")[: limit + 1])
    return History(entries=page[:limit], before=page[limit - 1].seq if len(page) > limit else None)


def month_totals(member_id: int, month: date) -> MonthTotals:
    """``MonthTotals`` of the month that the date ``month`` lies in."""
    first = month.replace(day=1)
    return totals_by_month(member_id, [first])[first]


def totals_by_month(member_id: int, months: Iterable[date]) -> dict[date, MonthTotals]:
    """``{first day: MonthTotals}`` of the months that begin on the days ``months``, in one query."""
    months = list(months)
    if not months:
        return {}
    begin, end = month_bounds(min(months))[0], month_bounds(max(months))[1]
    sums = (
        PointsEntry.objects.filter(account_id=member_id, at__gte=begin, at__lt=end)
        .annotate(month=TruncMonth("at"))
        .values("month")
        .annotate(
            earned=_points_of("earned"),
            used=_points_of("used"),
            returned=_points_of("returned"),
            expired=_points_of("expired"),
        )
    )
    found = {
        row["month"].date(): MonthTotals(
            abs(row["earned"]), abs(row["used"]), abs(row["returned"]), abs(row["expired"])
        )
        for row in sums
    }
    return {month: found.get(month, MonthTotals(0, 0, 0, 0)) for month in months}


def _points_of(group: str) -> Coalesce:
    return Coalesce(Sum("points", filter=KIND_GROUPS[group]), 0)


def first_entry_at(member_id: int) -> datetime | None:
    """When the member's points began, or None."""
    return PointsEntry.objects.filter(account_id=member_id).order_by("at").values_list("at", flat=True).first()


def expiry_by_month(member_id: int, *, at: datetime) -> Expiry:
    """When the member's points end: twelve months, from this one where some end in it, else from the next
    (``Expiry``). What ends at midnight of the first counts to the month before, in which it could be used last."""
    open_lots = PointsLot.objects.filter(account_id=member_id, open=True)
    last_moment = ExpressionWrapper(F("expires_at") - A_MOMENT, output_field=DateTimeField())
    sums = dict(
        open_lots.filter(expires_at__gt=at)
        .annotate(month=TruncMonth(last_moment))
        .values("month")
        .annotate(points=Sum("remaining"))
        .values_list("month", "points")
    )
    sums = {month.date(): points for month, points in sums.items()}
    this_month = timezone.localdate(at).replace(day=1)
    first = this_month if this_month in sums else next_month(this_month)
    months = []
    for _ in range(MONTHS_AHEAD):
        months.append((first, sums.pop(first, 0)))
        first = next_month(first)
    undated = Q(active_from=UNDATED)
    rest = open_lots.filter(expires_at=None).aggregate(
        never=Coalesce(Sum("remaining", filter=~undated), 0), undated=Coalesce(Sum("remaining", filter=undated), 0)
    )
    return Expiry(months=months, later=sum(sums.values()), **rest)


ENDED = """
SELECT count(DISTINCT account_id), count(*), coalesce(sum(remaining), 0)
FROM points_lot WHERE open AND expires_at <= %s
"""
ACCOUNTS_WITH_ENDED_LOTS = """
SELECT account_id FROM (
    SELECT account_id, sum(count(*)) OVER (ORDER BY account_id) - count(*) AS lots_before
    FROM points_lot WHERE open AND expires_at <= %s AND account_id > %s
    GROUP BY account_id ORDER BY account_id LIMIT %s
) ended WHERE lots_before < %s
"""


def ended(*, at: datetime) -> Ended:
    """``Ended``: what ended by ``at`` and was not booked out yet (B10)."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED, [at])
        accounts, lots, points = cursor.fetchone()
    return Ended(accounts=accounts, lots=lots, points=int(points))


def accounts_with_ended_lots(*, after: int, at: datetime, accounts: int, lots: int) -> list[int]:
    """The first ids above ``after`` of accounts with something that ended by ``at``: at most ``accounts`` of them, and
    not more than bring ``lots`` lots together."""
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS_WITH_ENDED_LOTS, [at, after, accounts, lots])
        return [row[0] for row in cursor.fetchall()]


ACCOUNTS_WITH_LOTS_ENDING = """
SELECT DISTINCT account_id FROM points_lot WHERE open AND expires_at > %s AND expires_at <= %s AND account_id > %s
ORDER BY account_id LIMIT %s
"""


def accounts_with_lots_ending(*, after: int, at: datetime, until: datetime, accounts: int) -> list[int]:
    """The first ``accounts`` ids above ``after`` with something that ends after ``at`` and by ``until``."""
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS_WITH_LOTS_ENDING, [at, until, after, accounts])
        return [row[0] for row in cursor.fetchall()]


def warned_until(*, at: datetime, days: int) -> datetime:
    """The last end that a warning ``days`` days ahead, given on the day of ``at``, speaks of: the midnight after."""
    return day_end(at, days)


def lots_to_be_used(member_id: int, points: int, *, at: datetime) -> list[tuple[datetime | None, int]]:
    """Which points a spend of ``points`` at ``at`` would take: ``[(expires_at or None, points), ...]`` in that order,
    equal ends put together. Sums to less than ``points`` when the member has not enough."""
    lots = (
        PointsLot.objects.filter(account_id=member_id, open=True, active_from__lte=at)
        .filter(Q(expires_at=None) | Q(expires_at__gt=at))
        .order_by("expires_at", "active_from", "seq")
        .values_list("expires_at", "remaining")
    )
    used: dict[datetime | None, int] = {}
    for expires_at, remaining in lots.iterator(chunk_size=100):
        if points <= 0:
            break
        used[expires_at] = used.get(expires_at, 0) + min(remaining, points)
        points -= remaining
    return list(used.items())


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """The first moment of the month of the date ``month`` and of the next one, in the shop's time zone."""
    if not is_in_calendar(month):
        raise InvalidInput(field="month")
    begin = month.replace(day=1)
    zone = timezone.get_default_timezone()
    return datetime.combine(begin, time.min, tzinfo=zone), datetime.combine(next_month(begin), time.min, tzinfo=zone)


def next_month(first: date) -> date:
    """The first day of the month after the one that begins on ``first``."""
    return (first + timedelta(days=31)).replace(day=1)


def open_lots(member_id: int, *, limit: int) -> list[PointsLot]:
    """Lots with something in them, in the order in which they are used, ended ones that no sweep took first."""
    return list(
        PointsLot.objects.filter(account_id=member_id, open=True).order_by("expires_at", "active_from", "seq")[:limit]
    )


def latest_holds(member_id: int, *, limit: int) -> list[PointsHold]:
    """Holds, newest first, open or not."""
    return list(PointsHold.objects.filter(account_id=member_id).order_by("-seq")[:limit])
