"""Which tier a member has, and where it leads (C12, C13)."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from core.clock import shop_date
from points.models import MemberTier, TierChange
from points.models.tiers import LOWEST
from points.rules import tiers as rules

all_tiers = rules.all_tiers
NOT_EARNED = [str(kind) for kind in rules.NOT_EARNED]

EARNED_IN_WINDOW = """
SELECT account_id, sum(points) FROM points_entry
WHERE account_id = ANY (%(accounts)s) AND at >= %(start)s AND at <= %(at)s AND kind <> ALL (%(not_earned)s)
GROUP BY account_id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands. ``tier`` counts; ``points`` were earned since the day ``since_day``, ``missing`` of them
    lack for ``next_tier`` (None at the top), ``percent`` (0 to 100) of the way there is done.

    What is earned stays at least through ``safe_until`` (None for the lowest: it always stays); by then ``to_keep``
    more are needed (0: it will be kept as things are), or else it becomes ``lower_tier``. In a grace, ``in_grace``, it
    is lowered on the day after. While ``is_pinned`` none of this changes ``tier``, and ``earned_tier`` lives on.
    """

    tier: rules.Tier
    points: int
    since_day: date
    next_tier: rules.Tier | None
    missing: int
    percent: int
    reached_on: date | None = None
    safe_until: date | None = None
    in_grace: bool = False
    to_keep: int = 0
    lower_tier: rules.Tier | None = None
    is_pinned: bool = False
    earned_tier: rules.Tier | None = None


def tier_of(member_id):
    """The ``points.rules.tiers.Tier`` of a member, in one query; the lowest for a stranger (None)."""
    if member_id is None:
        return rules.lowest()
    return tiers_of([member_id]).get(member_id) or rules.lowest()


def tiers_of(member_ids):
    """``{member id: Tier}`` of those who have another than the lowest, in one query."""
    rows = MemberTier.objects.filter(pk__in=list(member_ids)).values_list("pk", "tier", "pinned_tier")
    return {pk: rules.by_code(pinned or earned) for pk, earned, pinned in rows}


def earned_in_window(accounts, *, at):
    """``{account: points}`` that count for tiers at ``at``; who has none is left out. May be negative."""
    with connection.cursor() as cursor:
        cursor.execute(
            EARNED_IN_WINDOW,
            {"accounts": list(accounts), "start": rules.window_start(at), "at": at, "not_earned": NOT_EARNED},
        )
        return {account: int(points) for account, points in cursor.fetchall()}


def standing(member_id, *, at):
    """The ``Standing`` of a member, in two queries."""
    row = MemberTier.objects.filter(pk=member_id).first()
    points = max(earned_in_window([member_id], at=at).get(member_id, 0), 0)
    tier = rules.by_code(row.code if row else LOWEST)
    earned = rules.by_code(row.tier if row else LOWEST)
    higher = rules.above(tier.code)
    reviewed = row and row.review_on
    return Standing(
        tier=tier,
        points=points,
        since_day=shop_date(rules.window_start(at)),
        next_tier=higher,
        missing=max(higher.threshold - points, 0) if higher else 0,
        percent=_percent(points, tier, higher),
        reached_on=shop_date(row.pinned_at if row.pinned_tier else row.since) if row else None,
        safe_until=(row.grace_until or row.review_on) if reviewed else None,
        in_grace=bool(row and row.grace_until),
        to_keep=max(earned.threshold - points, 0),
        lower_tier=rules.below(earned.code),
        is_pinned=bool(row and row.pinned_tier),
        earned_tier=earned,
    )


def changes_of(member_id, *, limit):
    """The latest turns in a member's tier, newest first."""
    return list(TierChange.objects.filter(member_id=member_id).order_by("-at", "-pk")[:limit])


def _percent(points, tier, higher):
    """How far between two thresholds; a pinned member may have less than the tier asks for."""
    if higher is None:
        return 100
    return min(max((points - tier.threshold) * 100 // (higher.threshold - tier.threshold), 0), 100)
