"""What pages tell of earnings that are not in the ledger: what could be had, and what is being checked (C4, C10)."""

from datetime import timedelta

from django.db.models import Q

from core.models import AuditEvent
from points import states
from points.models import EarningReview
from points.queries import rule_sets
from points.rules import engine, tiers

State = EarningReview.State
SHOWN_DAYS = 90


def offer(behaviour, *, at, base=None):
    """Points that ``behaviour`` gives to somebody of the lowest tier, by the rules for everybody at ``at``."""
    lowest = tiers.lowest()
    earner = engine.Earner(0, lowest.code, lowest.multiplier)
    return engine.behaviour_points(rule_sets.for_all(at), earner, behaviour, at, base).points


def sign_up_points(*, at):
    """What a new member is welcomed with; 0 where the rules give nothing."""
    return offer("sign_up", at=at)


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
