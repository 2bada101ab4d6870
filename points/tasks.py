"""Background work of points: the calendar's (points end, members hear of it before, the ledger is proven), started by
beat (``pointsmall.celery``), and the staff's (files of grants). Each may be started twice, or again after a kill."""

from datetime import datetime

import structlog
from celery import shared_task

from core import actors, clock
from points.models import BulkGrant, WhatIfRun
from points.services import birthdays, expiry, granting, review, rule_news, sealing, tiers, velocity, warning, what_if
from points.services.partners import sweeping, webhooks

log = structlog.get_logger(__name__)

LONGEST_S = 3_000  # shorter than the broker waits before it hands an unfinished task to somebody else


@shared_task(time_limit=LONGEST_S)
def expire():
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


@shared_task(time_limit=LONGEST_S)
def warn():
    """Tell members what ends soon (B10)."""
    log.info("expiry_warned", members=sum(warning.warn(at=clock.now())))


@shared_task(time_limit=LONGEST_S)
def audit_ledger():
    """The nightly seal (B12)."""
    sealing.seal(by=actors.system("audit"), at=clock.now())


@shared_task
def check_grant(grant_id):
    """Judge the lines of an uploaded file (B11)."""
    granting.judge(grant=BulkGrant(pk=grant_id), at=clock.now())


@shared_task(time_limit=LONGEST_S)
def run_grant(grant_id):
    """Give the points of a file (B11)."""
    granting.work_off(grant=BulkGrant(pk=grant_id), at=clock.now())


@shared_task(time_limit=LONGEST_S)
def replay_rules(run_id):
    """What a draft of rules would have changed (C15)."""
    what_if.work_off(run=WhatIfRun(pk=run_id), at=clock.now())


@shared_task(time_limit=LONGEST_S)
def release_overdue():
    """Earnings under review, and appeals, that nobody decided in time (A12)."""
    log.info("reviews_released", earnings=sum(review.release_overdue(at=clock.now())))


@shared_task(time_limit=LONGEST_S)
def prune_traces():
    """Who earned from where is forgotten after a few days (C10)."""
    log.info("traces_pruned", traces=velocity.prune(at=clock.now()))


@shared_task(time_limit=LONGEST_S)
def evaluate_tiers():
    """Tiers whose anniversary has come, or whose grace is over (C12)."""
    for done in tiers.evaluate(at=clock.now()):
        log.info("tiers_evaluated", members=done.members, **done.turns)


@shared_task(time_limit=LONGEST_S)
def recompute_tiers():
    """After staff changed the figures: who has reached more, rises (C12)."""
    for done in tiers.recompute(at=clock.now()):
        log.info("tiers_recomputed", members=done.members, **done.turns)


@shared_task(time_limit=LONGEST_S, autoretry_for=(Exception,), retry_backoff=True, max_retries=5)
def announce_rules(number, changed_at=None):
    """Tell members whom a version of the rules gains or loses (C8); goes on where it was stopped."""
    at = clock.now()
    changed_at = datetime.fromisoformat(changed_at) if changed_at else at
    log.info("rules_announced", version=number, members=rule_news.announce(number=number, changed_at=changed_at, at=at))


@shared_task(time_limit=LONGEST_S)
def give_birthday_gifts():
    """Gifts of today, and of the last days where a run was missed (C13)."""
    log.info("birthday_gifts", members=sum(birthdays.give(at=clock.now())))


@shared_task(time_limit=LONGEST_S)
def expire_deductions():
    """Points that partners set aside and did not settle in time (H3)."""
    if done := sweeping.expire_deductions(at=clock.now()):
        log.info("deductions_expired", deductions=done)


@shared_task
def deliver_webhook(delivery_id):
    """The first try; what does not get through is tried again by ``send_webhooks`` (H3)."""
    webhooks.deliver(delivery_id=delivery_id, at=clock.now())


@shared_task
def send_webhooks():
    """Webhooks whose next try is due (H3)."""
    sweeping.send_webhooks(at=clock.now())


@shared_task
def prune_partner_log():
    """Old answers and deliveries (H3)."""
    calls, deliveries = sweeping.prune(at=clock.now())
    log.info("partner_log_pruned", calls=calls, deliveries=deliveries)
