"""Background work of the ledger: points end, members hear of it before, the books are proven. Each may run twice."""

import structlog
from celery import shared_task

from core import actors, clock
from core.tasks import LONGEST_S
from points.ledger.services import expiry, sealing, warning

log = structlog.get_logger(__name__)


@shared_task(name="points.tasks.expire", time_limit=LONGEST_S)
def expire() -> None:
    """Book out what ended (B10)."""
    for done in expiry.expire_points(by=actors.system("expiry"), at=clock.now()):
        log.info(
            "points_expired",
            accounts=done.accounts,
            lots=done.lots,
            points=done.points,
            busy=len(done.busy),
            failed=len(done.failed),
        )


@shared_task(name="points.tasks.warn", time_limit=LONGEST_S)
def warn() -> None:
    """Tell members what ends soon (B10)."""
    log.info("expiry_warned", members=sum(warning.warn(at=clock.now())))


@shared_task(name="points.tasks.audit_ledger", time_limit=LONGEST_S)
def audit_ledger() -> None:
    """The nightly seal (B12)."""
    sealing.seal(by=actors.system("audit"), at=clock.now())
