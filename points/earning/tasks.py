"""Background work of earning: reviews, birthdays, news of rules. Each may run twice."""

from datetime import datetime

import structlog
from celery import shared_task

from core import clock
from core.tasks import LONGEST_S
from points.earning.services import birthdays, review, rule_news, velocity

log = structlog.get_logger(__name__)


@shared_task(name="points.tasks.release_overdue", time_limit=LONGEST_S)
def release_overdue():
    """Earnings under review, and appeals, that nobody decided in time (A12)."""
    log.info("reviews_released", earnings=sum(review.release_overdue(at=clock.now())))


@shared_task(name="points.tasks.prune_traces", time_limit=LONGEST_S)
def prune_traces():
    """Who earned from where is forgotten after a few days (C10)."""
    log.info("traces_pruned", traces=velocity.prune(at=clock.now()))


@shared_task(
    name="points.tasks.announce_rules",
    time_limit=LONGEST_S,
    autoretry_for=(Exception,),
    retry_backoff=True,
    max_retries=5,
)
def announce_rules(number, changed_at=None):
    """Tell members whom a version of the rules gains or loses (C8); goes on where it was stopped."""
    at = clock.now()
    changed_at = datetime.fromisoformat(changed_at) if changed_at else at
    log.info("rules_announced", version=number, members=rule_news.announce(number=number, changed_at=changed_at, at=at))


@shared_task(name="points.tasks.give_birthday_gifts", time_limit=LONGEST_S)
def give_birthday_gifts():
    """Gifts of today, and of the last days where a run was missed (C13)."""
    log.info("birthday_gifts", members=sum(birthdays.give(at=clock.now())))
