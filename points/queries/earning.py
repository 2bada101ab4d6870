"""What pages tell of earnings that are not in the ledger: what could be had, and what is being checked (C4, C10)."""

from django.db.models import Sum

from points.models import EarningReview
from points.queries import rule_sets
from points.rules import engine, tiers


def offer(behaviour, *, at, base=None):
    """Points that ``behaviour`` gives to somebody of the lowest tier, by the rules for everybody at ``at``."""
    lowest = tiers.lowest()
    earner = engine.Earner(0, lowest.code, lowest.multiplier)
    return engine.behaviour_points(rule_sets.for_all(at), earner, behaviour, at, base).points


def sign_up_points(*, at):
    """What a new member is welcomed with; 0 where the rules give nothing."""
    return offer("sign_up", at=at)


def being_checked(member_id):
    """Earnings of a member that wait for a review (``EarningReview``), newest first."""
    waiting = EarningReview.objects.filter(member_id=member_id, state=EarningReview.State.PENDING)
    return list(waiting.order_by("-at", "-pk"))


def reviews_waiting():
    """How many earnings of all members wait."""
    return EarningReview.objects.filter(state=EarningReview.State.PENDING).count()


def points_waiting():
    """Their points."""
    pending = EarningReview.objects.filter(state=EarningReview.State.PENDING)
    return pending.aggregate(points=Sum("points"))["points"] or 0
