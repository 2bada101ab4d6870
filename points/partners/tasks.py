"""Webhooks, deadlines and pruning. Each may run twice."""

import structlog
from celery import shared_task

from core import clock
from core.tasks import LONGEST_S
from points.partners.services import sweeping, webhooks

log = structlog.get_logger(__name__)


@shared_task(name="points.tasks.expire_deductions", time_limit=LONGEST_S)
def expire_deductions():
    """Points that partners set aside and did not settle in time (H3)."""
    if done := sweeping.expire_deductions(at=clock.now()):
        log.info("deductions_expired", deductions=done)


@shared_task(name="points.tasks.deliver_webhook")
def deliver_webhook(delivery_id):
    """The first try; what does not get through is tried again by ``send_webhooks`` (H3)."""
    webhooks.deliver(delivery_id=delivery_id, at=clock.now())


@shared_task(name="points.tasks.send_webhooks")
def send_webhooks():
    """Webhooks whose next try is due (H3)."""
    sweeping.send_webhooks(at=clock.now())


@shared_task(name="points.tasks.prune_partner_log")
def prune_partner_log():
    """Old answers and deliveries (H3)."""
    calls, deliveries = sweeping.prune(at=clock.now())
    log.info("partner_log_pruned", calls=calls, deliveries=deliveries)
