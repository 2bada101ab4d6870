"""Background work of the calendar: points end, and members hear of it before. Beat starts both daily (see
``pointsmall.celery``); both may be started twice, or again after they were killed."""

import structlog
from celery import shared_task

from core import actors, clock
from points.services import expiry, warning

log = structlog.get_logger(__name__)

LONGEST_S = 3_000  # shorter than the broker waits before it hands an unfinished task to somebody else
BY_CLOCK = actors.system("expiry")


@shared_task(time_limit=LONGEST_S)
def expire():
    """Book out what ended (B10)."""
    for done in expiry.expire_points(by=BY_CLOCK, at=clock.now()):
        log.info("points_expired", accounts=done.accounts, lots=done.lots, points=done.points, busy=len(done.busy))


@shared_task(time_limit=LONGEST_S)
def warn():
    """Tell members what ends soon (B10)."""
    log.info("expiry_warned", members=sum(warning.warn(at=clock.now())))
