"""What the mall reported about the rules (C7)."""

from points.earning.models import RuleAlert


def open_alerts(*, limit):
    """The latest ``RuleAlert`` that nobody has seen to."""
    return list(RuleAlert.objects.filter(closed_at=None).order_by("-pk")[:limit])


def how_many_open():
    """How many of them there are."""
    return RuleAlert.objects.filter(closed_at=None).count()
