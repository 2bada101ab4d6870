"""Tiers rise and fall in the background. Each may run twice."""

import structlog
from celery import shared_task

from core import clock
from core.tasks import LONGEST_S
from points.tiers.services import tiers

log = structlog.get_logger(__name__)


@shared_task(name="points.tasks.evaluate_tiers", time_limit=LONGEST_S)
def evaluate_tiers():
    """Tiers whose anniversary has come, or whose grace is over (C12)."""
    for done in tiers.evaluate(at=clock.now()):
        log.info("tiers_evaluated", members=done.members, **done.turns)


@shared_task(name="points.tasks.recompute_tiers", time_limit=LONGEST_S)
def recompute_tiers():
    """After staff changed the figures: who has reached more, rises (C12)."""
    for done in tiers.recompute(at=clock.now()):
        log.info("tiers_recomputed", members=done.members, **done.turns)
