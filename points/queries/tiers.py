"""Which tier a member has, and where it leads (C12, C13)."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from core.call import call
from core.clock import shop_date
from points.models import TierChange
from points.rules import tiers as rules

all_tiers = rules.all_tiers
NOT_EARNED = [str(kind) for kind in rules.NOT_EARNED]

TIERS = "SELECT member_id, tier, pinned_tier FROM points_member_tier WHERE member_id = ANY (%s::bigint[])"
EARNED_IN_WINDOW = """
SELECT account_id, sum(points) FROM points_entry
WHERE account_id = ANY (%(accounts)s) AND at >= %(start)s AND at <= %(at)s AND kind <> ALL (%(not_earned)s)
GROUP BY account_id
"""


STANDING = """
SELECT t.tier, t.pinned_tier, t.since, t.pinned_at, t.review_on, t.grace_until, coalesce((
    SELECT sum(points) FROM points_entry e
    WHERE e.account_id = m.id AND e.at >= %(start)s AND e.at <= %(at)s AND e.kind <> ALL (%(not_earned)s)
), 0)
FROM (SELECT %(member)s::bigint AS id) m LEFT JOIN points_member_tier t ON t.member_id = m.id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands. ``tier`` counts; ``points`` were earned since the day ``since_day``, ``missing`` of them
    lack for ``next_tier`` (None at the top), ``percent`` (0 to 100) of what that asks for is there.

    What is earned stays at least through ``safe_until`` (None for the lowest: it always stays); by then ``to_keep``
    more are needed (0: it will be kept as things are; ``keep_percent`` of it are there), or else it becomes
    ``lower_tier``. In a grace, ``in_grace``, it is lowered on the day after. While ``is_pinned`` none of this changes
    ``tier``, and ``earned_tier`` lives on.
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
    keep_percent: int = 100
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
    return {member: rules.by_code(pinned or earned) for member, earned, pinned in call(TIERS, (list(member_ids),))}


def earned_in_window(accounts, *, at):
    """``{account: points}`` that count for tiers at ``at``; who has none is left out. May be negative."""
    with connection.cursor() as cursor:
        cursor.execute(
            EARNED_IN_WINDOW,
            {"accounts": list(accounts), "start": rules.window_start(at), "at": at, "not_earned": NOT_EARNED},
        )
        return {account: int(points) for account, points in cursor.fetchall()}


def standing(member_id, *, at):
    """The ``Standing`` of a member, in one query."""
    start = rules.window_start(at)
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"member": member_id, "start": start, "at": at, "not_earned": NOT_EARNED})
        earned_code, pinned_code, since, pinned_at, review_on, grace_until, points = cursor.fetchone()
    points = max(int(points), 0)
    tier, earned = rules.by_code(pinned_code or earned_code), rules.by_code(earned_code)
    higher = rules.above(tier.code)
    reached_at = pinned_at or since
    return Standing(
        tier=tier,
        points=points,
        since_day=shop_date(start),
        next_tier=higher,
        missing=max(higher.threshold - points, 0) if higher else 0,
        percent=min(points * 100 // higher.threshold, 100) if higher else 100,
        reached_on=reached_at and shop_date(reached_at),
        safe_until=grace_until or review_on,
        in_grace=grace_until is not None,
        to_keep=max(earned.threshold - points, 0),
        keep_percent=min(points * 100 // earned.threshold, 100) if earned.threshold else 100,
        lower_tier=rules.below(earned.code),
        is_pinned=bool(pinned_code),
        earned_tier=earned,
    )


def changes_of(member_id, *, limit):
    """The latest turns in a member's tier, newest first."""
    return list(TierChange.objects.filter(member_id=member_id).order_by("-at", "-pk")[:limit])
