"""Which tier a member has, and where it leads (C12, C13)."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from core import codes
from core.call import call
from core.clock import shop_date
from points.tiers import rules
from points.tiers.models import LOWEST, TierChange

all_tiers = rules.all_tiers
NOT_EARNED = f"{{{','.join(rules.NOT_EARNED)}}}"  # an array, as PostgreSQL reads it

TIER = "SELECT tier, pinned_tier FROM points_member_tier WHERE member_id = %s"
# The tier that was earned until the first turn after the moment, or today's where none followed, and the pin that
# stood. Points are summed up only for what is past, and for who has earned enough in all to be above that tier.
AT = """
SELECT w.member, coalesce(later.from_tier, t.tier, %s), CASE pin.cause WHEN 'pinned' THEN pin.to_tier ELSE '' END,
    coalesce(CASE WHEN (w.day < %s::date OR later.from_tier IS NOT NULL)
        AND a.lifetime_earned >= (%s::jsonb ->> coalesce(later.from_tier, t.tier, %s))::bigint
    THEN (
        SELECT sum(points) FROM points_entry e
        WHERE e.account_id = w.member AND e.at >= w.start AND e.at <= w.at AND e.kind <> ALL (%s::text[])
    ) END, 0),
    later.from_tier IS NULL AND t.review_on <= w.day
FROM ({wanted}) w (member, start, at, day)
LEFT JOIN points_account a ON a.account_id = w.member
LEFT JOIN points_member_tier t ON t.member_id = w.member
LEFT JOIN LATERAL (
    SELECT from_tier FROM points_tier_change c
    WHERE c.member_id = t.member_id AND c.at > w.at AND c.cause NOT IN ('pinned', 'unpinned')
    ORDER BY c.at, c.id LIMIT 1
) later ON true
LEFT JOIN LATERAL (
    SELECT cause, to_tier FROM points_tier_change c
    WHERE c.member_id = t.member_id AND c.at <= w.at AND c.cause IN ('pinned', 'unpinned')
    ORDER BY c.at DESC, c.id DESC LIMIT 1
) pin ON true
"""
# Who has earned less in all than the next tier asks for cannot reach it: for most members nothing is summed up.
NEAR_A_TURN = """
SELECT a.account_id, t.tier, t.since, t.review_on, t.grace_until, coalesce((
    SELECT sum(points) FROM points_entry e
    WHERE e.account_id = a.account_id AND e.at >= w.start AND e.at <= w.at AND e.kind <> ALL (%s::text[])
), 0)
FROM ({wanted}) w (member, start, at, day) JOIN points_account a ON a.account_id = w.member
LEFT JOIN points_member_tier t ON t.member_id = a.account_id
WHERE a.lifetime_earned >= (%s::jsonb ->> coalesce(t.tier, %s))::bigint OR t.grace_until IS NOT NULL
"""
# One is asked for by every purchase: without arrays PostgreSQL keeps the plan, which costs more than the answer.
ONE = "SELECT %s::bigint, %s::timestamptz, %s::timestamptz, %s::date"
MANY = "SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::date[])"
TIER_AT, TIERS_AT = AT.format(wanted=ONE), AT.format(wanted=MANY)
ONE_NEAR_A_TURN, MANY_NEAR_A_TURN = NEAR_A_TURN.format(wanted=ONE), NEAR_A_TURN.format(wanted=MANY)
EARNED_IN_WINDOW = """
SELECT e.account_id, sum(e.points)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::date[]) w (member, start, at, day)
JOIN points_entry e ON e.account_id = w.member AND e.at >= w.start AND e.at <= w.at
WHERE e.kind <> ALL (%s::text[])
GROUP BY e.account_id
"""


STANDING = """
SELECT t.tier, t.pinned_tier, t.since, t.pinned_at, t.review_on, t.grace_until, coalesce((
    SELECT sum(points) FROM points_entry e
    WHERE e.account_id = m.id AND e.at >= %(start)s AND e.at <= %(at)s AND e.kind <> ALL (%(not_earned)s::text[])
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
    """The ``points.tiers.rules.Tier`` of a member, in one query; the lowest for a stranger (None)."""
    rows = call(TIER, (member_id,)) if member_id is not None else ()
    return next((rules.by_code(pinned or earned) for earned, pinned in rows), None) or rules.lowest()


@dataclass(frozen=True, slots=True)
class PastTier:
    """The ``tier`` at a moment; ``is_due``: a review lay before it that nobody has made yet."""

    tier: rules.Tier
    is_due: bool


def tiers_at(moments, *, today):
    """``{member id: PastTier}`` for ``{member id: moment}``, in one query: the tier that counted at that moment,
    whatever came after it, and whenever that was booked. ``today`` is the shop's date.

    1. A pin that stood then decides.
    2. Else it is the tier that the turns up to the moment left, reviews, graces and steps down included.
    3. Where the day is over, or a turn came since, and the points in the window that ended then reach a higher one, it
       is that: a tier rises at once, and an earning that is booked late counts from its own time on. Nothing is lowered
       for what nobody knew: a turn that was made stands.
    """
    sql = TIER_AT if len(moments) == 1 else TIERS_AT
    found = call(sql, (LOWEST, today, rules.next_thresholds(), LOWEST, NOT_EARNED, *_wanted(moments)))
    return {
        member: PastTier(_counting(earned, pinned, int(points)), bool(is_due))
        for member, earned, pinned, points, is_due in found
    }


def _counting(earned, pinned, points):
    if pinned:
        return rules.by_code(pinned)
    return max(rules.by_code(earned), rules.reached(points), key=lambda tier: tier.position)


def near_a_turn(moments):
    """Of ``{account: moment}`` those that may rise, or keep a tier in its grace: ``(account, tier, since, review_on,
    grace_until, points that count then)``; all None but the points where no tier was reached yet."""
    sql = ONE_NEAR_A_TURN if len(moments) == 1 else MANY_NEAR_A_TURN
    wanted = _wanted(moments)
    found = call(sql, (NOT_EARNED, *wanted, rules.next_thresholds(), LOWEST))
    return [(*state, int(points)) for *state, points in found]


def earned_in_window(accounts, *, at):
    """``{account: points}`` that count for tiers at ``at``; who has none is left out. May be negative."""
    return earned_by(dict.fromkeys(accounts, at))


def earned_by(moments):
    """The same for ``{account: moment}``."""
    found = call(EARNED_IN_WINDOW, (*_columns(moments), NOT_EARNED)) if moments else ()
    return {account: int(points) for account, points in found}


def _wanted(moments):
    """``{member: moment}`` as the statements take it."""
    return _columns(moments) if len(moments) > 1 else [column[0] for column in _columns(moments)]


def _columns(moments):
    rows = [(member, rules.window_start(at), at, shop_date(at)) for member, at in moments.items()]
    return [list(column) for column in zip(*rows, strict=True)]


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


codes.NAMES["tier"] = lambda code: rules.by_code(code).title
