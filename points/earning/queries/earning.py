"""What pages tell of earnings that are not in the ledger: what could be had, and what is being checked (C4, C10)."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Q

from core.clock import shop_date
from core.models import AuditEvent
from points.earning import states
from points.earning.models import EarningReview, EarningTally
from points.earning.queries import rule_sets
from points.earning.rules import engine, sandbox, saying
from points.ledger.models import PointsEntry
from points.tiers import rules as tiers

State = EarningReview.State
SHOWN_DAYS = 90


@dataclass(frozen=True, slots=True)
class OfTier:
    """What a ``tier`` means for purchases: ``points`` for goods of ``saying.EXAMPLE_YUAN`` (None where nobody can tell
    at the moment), and how many ``times`` as much as in the lowest, whatever is bought (None where no such figure
    holds)."""

    tier: tiers.Tier
    times: Decimal | None
    points: int | None


def by_tier(rule_set, at):
    """``OfTier`` of all tiers under a rule set, lowest first."""
    earners = rule_sets.earners()
    times = saying.times(rule_set, earners, at)
    try:
        points = saying.purchases(rule_set, [(earner, saying.OTHER, saying.EXAMPLE_YUAN) for earner in earners], at)
    except sandbox.Unavailable:
        points = [None] * len(earners)
    return [
        OfTier(tier, times.get(tier.code), points_of) for tier, points_of in zip(tiers.all_tiers(), points, strict=True)
    ]


def times_of(member_id, tier, at):
    """How many times as much as in the lowest tier a member of the ``tier`` earns by purchases, a ``Decimal``; None
    where no such figure holds."""
    return saying.times(rule_sets.for_member(member_id, at), rule_sets.earners(), at).get(tier.code)


def usual_points(behaviour, *, at, member_id=None, tier=None, base=None):
    """What an act is booked with on a day without other earnings: for a member of the ``tier``, or at least for
    whoever signs up at ``at`` (None). ``base`` is what the activity itself gives."""
    earner = rule_sets.earner(member_id, tier or tiers.lowest())
    found = [rule_sets.for_member(member_id, at)] if member_id else rule_sets.possible(at)
    return min(saying.act(rule_set, earner, behaviour, at, base=base) for rule_set in found)


def birthday_points(member_id, tier, *, at):
    """The birthday gift of a member, were it of the ``tier``; 0 where there is none."""
    base = tier.birthday_points
    return usual_points("birthday", at=at, member_id=member_id, tier=tier, base=base) if base else 0


def points_today(behaviour, *, at, member_id, tier, base=None):
    """The same for an act of a member now, after what was earned on the day of ``at``; one query where the rules have
    a limit that may cut it."""
    rule_set = rule_sets.for_member(member_id, at)
    caps, own, in_all = engine.caps(rule_set), (0, 0), 0
    if caps.total_points_a_day is not None or behaviour in caps.by_behaviour:
        tallies = EarningTally.objects.filter(member_id=member_id, day=shop_date(at), behaviour__in=("", behaviour))
        found = {name: (points, times) for name, points, times in tallies.values_list("behaviour", "points", "times")}
        own, in_all = found.get(behaviour, own), found.get("", own)[0]
    earner = rule_sets.earner(member_id, tier)
    return saying.act(rule_set, earner, behaviour, at, base=base, own=own, in_all=in_all)


def sign_up_points(*, at):
    """What a new member is welcomed with; 0 where the rules give nothing."""
    return usual_points("sign_up", at=at)


def booked_points(member_id, keys):
    """``{key: points}`` of those earnings of a member that are in the ledger, in one query."""
    entries = PointsEntry.objects.filter(account_id=member_id, key__in=list(keys))
    return dict(entries.values_list("key", "points"))


def set_aside(member_id, *, at):
    """Earnings of a member that were not credited at once (``EarningReview``), newest first: those that wait, and those
    refused in the last ``SHOWN_DAYS``. What was refused before there were appeals is not among them."""
    told = Q(state__in=states.WAITING) | Q(
        Q(state=State.UPHELD) | Q(state=State.REFUSED, due_at__isnull=False),
        decided_at__gt=at - timedelta(days=SHOWN_DAYS),
    )
    return list(EarningReview.objects.filter(told, member_id=member_id).order_by("-at", "-pk"))


def story_of(review):
    """What became of an earning that was set aside: ``[(state, moment), ...]``, newest first."""
    moves = AuditEvent.objects.filter(subject=f"earning:{review.pk}").order_by("-at", "-pk")
    return [
        *((event.removeprefix("earning."), at) for event, at in moves.values_list("event", "at")),
        ("pending", review.at),
    ]


def reviews_waiting():
    """How many earnings of all members wait for staff."""
    return EarningReview.objects.filter(state__in=states.WAITING).count()
