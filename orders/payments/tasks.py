"""Background work of payments: what an act starts, and the nets under it that beat starts. Each may run twice."""

from datetime import timedelta

import structlog
from celery import shared_task
from django.db.models import F

from core import actors, clock
from core.errors import Busy, DomainError
from orders import payments
from orders.lifecycle.sweeping import each
from orders.models import (
    NotificationState,
    Payment,
    PaymentNotification,
    PaymentRefund,
    RefundState,
    Statement,
)
from orders.payments.base import CHINA, ProviderUnavailable
from orders.payments.services import notifications, paying, reconciling

log = structlog.get_logger(__name__)

GRACE = timedelta(minutes=1)  # what an act started itself is left alone that long
BY_CALLBACK = actors.system("payment_callback")
BY_SWEEP = actors.system("sweep")
BY_CLOCK = actors.system("reconciling")
RECONCILED_BACK = 7  # days that a statement may come late


@shared_task(
    name="orders.tasks.work_notification", autoretry_for=(Busy, ProviderUnavailable), retry_backoff=True, max_retries=5
)
def work_notification(notification_id):
    """Let a payment notification have its effect (F5)."""
    notifications.work_off(notification_id=notification_id, by=BY_CALLBACK, at=clock.now())


@shared_task(name="orders.tasks.refund_payment")
def refund_payment(payment_id):
    """Send money back that is not owed (F6). What does not get through is tried again by ``send_refunds``."""
    try:
        paying.refund_at_provider(payment_id=payment_id, by=BY_SWEEP, at=clock.now())
    except ProviderUnavailable:
        log.warning("refund_postponed", pk=payment_id)


@shared_task(name="orders.tasks.ask_provider", ignore_result=True)
def ask_provider(payment_id):
    """The member is back from paying and no notification has come: ask (F5)."""
    paying.ask(payment_id=payment_id, by=BY_SWEEP, at=clock.now())


@shared_task(name="orders.tasks.work_notifications")
def work_notifications():
    """Net: notifications that were stored and not worked off (F5)."""
    at = clock.now()
    waiting = PaymentNotification.objects.filter(state=NotificationState.RECEIVED, received_at__lte=at - GRACE)
    each(
        waiting,
        lambda pk: notifications.work_off(notification_id=pk, by=BY_SWEEP, at=at),
        provider=F("provider"),
        silent=ProviderUnavailable,
    )


@shared_task(name="orders.tasks.ask_providers")
def ask_providers():
    """Safety net for payments without a callback (F5)."""
    at = clock.now()
    to_ask = Payment.objects.filter(next_ask_at__lte=at)
    each(
        to_ask,
        lambda pk: paying.ask(payment_id=pk, by=BY_SWEEP, at=at),
        provider=F("provider"),
        silent=ProviderUnavailable,
    )


@shared_task(name="orders.tasks.send_refunds")
def send_refunds():
    """Money that is to go back and did not get through (F6)."""
    at = clock.now()
    to_refund = PaymentRefund.objects.filter(state=RefundState.UNDERWAY, next_ask_at__lte=at)
    each(
        to_refund,
        lambda pk: paying.send_refund(refund_id=pk, by=BY_SWEEP, at=at),
        provider=F("payment__provider"),
        silent=ProviderUnavailable,
    )


@shared_task(name="orders.tasks.reconcile_payments")
def reconcile_payments():
    """Yesterday's statements, and those of the days before that could not be had then (F14)."""
    at = clock.now()
    today = at.astimezone(CHINA).date()
    for provider in payments.offered():
        days = {today - timedelta(days=back) for back in range(1, RECONCILED_BACK + 1)}
        done = Statement.objects.filter(provider=provider.code, day__in=days)
        missing = sorted(days - set(done.values_list("day", flat=True)), reverse=True)
        for day in missing:
            try:
                reconciling.reconcile(provider=provider.code, day=day, by=BY_CLOCK, at=at)
            except DomainError as error:
                log.warning("reconciling_postponed", provider=provider.code, day=str(day), code=error.code)
            except Exception:
                log.exception("reconciling_failed", provider=provider.code, day=str(day))


@shared_task(name="orders.tasks.prune_notifications")
def prune_notifications():
    """Refused callbacks are kept for a month (F5)."""
    notifications.prune(at=clock.now())
