"""What follows when figures of tiers changed."""

from core import outbox
from points.tiers import tasks
from points.tiers.services import tier_figures


@outbox.handles(tier_figures.TOPIC)
def recompute_tiers():
    """Whoever reaches a lower threshold rises (C12)."""
    tasks.recompute_tiers.delay()
