"""What staff read of the ledger as a whole, and of an account beyond its latest lines (B11, B12)."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from points.ledger import rules
from points.ledger.models import EARNED, AuditRun, Kind, PointsAccount, PointsEntry, PointsHold, PointsLot

PAGE = 50
STALE = timedelta(hours=36)  # a nightly proof that is older than this did not run


@dataclass(frozen=True, slots=True)
class Totals:
    """All members' points, and what those not used yet are worth: the mall's liability in fen."""

    accounts: int
    available: int
    pending: int
    held: int
    debt: int
    ended: int
    liability_fen: int


def totals(*, at):
    """The ``Totals`` at the moment ``at``; ``ended`` ones wait for the sweep that books them out."""
    accounts = PointsAccount.objects.aggregate(
        count=Count("pk"),
        unspent=Coalesce(Sum("unspent"), 0),
        held=Coalesce(Sum("held"), 0),
        debt=Coalesce(Sum("debt"), 0),
    )
    lots = PointsLot.objects.filter(open=True).aggregate(
        ended=Coalesce(Sum("remaining", filter=Q(expires_at__lte=at)), 0),
        pending=Coalesce(Sum("remaining", filter=Q(active_from__gt=at)), 0),
    )
    live = int(accounts["unspent"]) - lots["ended"]
    return Totals(
        accounts=accounts["count"],
        available=live - lots["pending"],
        pending=lots["pending"],
        held=int(accounts["held"]),
        debt=int(accounts["debt"]),
        ended=lots["ended"],
        liability_fen=rules.worth_fen(live + int(accounts["held"])),
    )


def moved(*, since):
    """``(earned, redeemed)``: all members' points from the moment ``since`` on, whatever came back later."""
    sums = PointsEntry.objects.filter(at__gte=since).aggregate(
        earned=Coalesce(Sum("points", filter=Q(kind__in=EARNED, points__gt=0)), 0),
        redeemed=Coalesce(-Sum("points", filter=Q(kind=Kind.REDEEM)), 0),
    )
    return sums["earned"], sums["redeemed"]


def latest_run():
    """The newest ``AuditRun`` or None."""
    return AuditRun.objects.order_by("-at", "-pk").first()


def is_stale(run, *, at):
    return run.at < at - STALE


def page_of(rows, *, before=None, limit=PAGE):
    """``(rows, before)``: one page of an account's lots or holds, newest first; ``before`` asks for the next page, and
    is None on the last. A page costs the same wherever it lies."""
    if before is not None:
        rows = rows.filter(seq__lt=before)
    page = list(rows.order_by("-seq")[: limit + 1])
    return page[:limit], page[limit - 1].seq if len(page) > limit else None


def lots_of(account_id):
    return PointsLot.objects.filter(account_id=account_id)


def holds_of(account_id):
    return PointsHold.objects.filter(account_id=account_id)
