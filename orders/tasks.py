"""Background work of orders: what an act starts, and the nets under it that beat starts.

Each task only loads and calls one service; all may run twice. The nets catch what the broker may lose. Each takes
one row at a time, in a transaction of its own; one that fails does not stop the others, and a provider that does not
answer is left alone until the next run.
"""

from datetime import timedelta

import structlog
from celery import shared_task
from django.db.models import F, OuterRef, Subquery, Value

from core import actors, clock
from core.errors import Busy, DomainError
from core.models import Approval
from orders import payments, tracking
from orders.models import (
    NotificationState,
    Order,
    Payment,
    PaymentNotification,
    PaymentRefund,
    PaymentState,
    RefundState,
    State,
    Statement,
    Tracking,
)
from orders.parameters import AUTO_RECEIPT_DAYS
from orders.payments.base import CHINA, ProviderUnavailable
from orders.services import by_hand, cancelling, coupons, notifications, paying, receiving, reconciling
from orders.services import tracking as following
from orders.tracking.base import TrackingUnavailable

log = structlog.get_logger(__name__)

BATCH = 200  # rows of one run
CALLS = 40  # calls to providers of one run: even slow ones end before the task's time limit
GRACE = timedelta(minutes=1)  # what an act started itself is left alone that long
BY_CALLBACK = actors.system("payment_callback")
BY_SWEEP = actors.system("sweep")
BY_CLOCK = actors.system("reconciling")
RECONCILED_BACK = 7  # days that a statement may come late


@shared_task
def close_unpaid(order_id):
    """At the end of an order's payment window (F9)."""
    cancelling.close_unpaid(order_id=order_id, at=clock.now())


@shared_task(autoretry_for=(Busy, ProviderUnavailable), retry_backoff=True, max_retries=5)
def work_notification(notification_id):
    """Let a payment notification have its effect (F5)."""
    notifications.work_off(notification_id=notification_id, by=BY_CALLBACK, at=clock.now())


@shared_task
def refund_payment(payment_id):
    """Send money back that is not owed (F6). What does not get through is tried again by ``send_refunds``."""
    try:
        paying.refund_at_provider(payment_id=payment_id, by=BY_SWEEP, at=clock.now())
    except ProviderUnavailable:
        log.warning("refund_postponed", pk=payment_id)


@shared_task(ignore_result=True)
def ask_provider(payment_id):
    """The member is back from paying and no notification has come: ask (F5)."""
    paying.ask(payment_id=payment_id, by=BY_SWEEP, at=clock.now())


@shared_task
def work_notifications():
    """Net: notifications that were stored and not worked off (F5)."""
    at = clock.now()
    waiting = PaymentNotification.objects.filter(state=NotificationState.RECEIVED, received_at__lte=at - GRACE)
    _each(waiting, lambda pk: notifications.work_off(notification_id=pk, by=BY_SWEEP, at=at), provider=F("provider"))


@shared_task
def ask_providers():
    """Net: payments that nobody told us about (F5)."""
    at = clock.now()
    to_ask = Payment.objects.filter(next_ask_at__lte=at)
    _each(to_ask, lambda pk: paying.ask(payment_id=pk, by=BY_SWEEP, at=at), provider=F("provider"))


@shared_task
def send_refunds():
    """Money that is to go back and did not get through (F6)."""
    at = clock.now()
    to_refund = PaymentRefund.objects.filter(state=RefundState.UNDERWAY, next_ask_at__lte=at)
    _each(to_refund, lambda pk: paying.send_refund(refund_id=pk, by=BY_SWEEP, at=at), provider=F("payment__provider"))


@shared_task
def close_unpaid_orders():
    """Net: orders whose payment window is over (F9)."""
    at = clock.now()
    unpaid = Order.objects.filter(state=State.PENDING_PAYMENT, pay_before__lte=at)
    unpaid = unpaid.exclude(payments__state=PaymentState.DISPUTED)
    newest = Payment.objects.filter(order=OuterRef("pk")).order_by("-pk").values("provider")[:1]
    _each(unpaid, lambda pk: cancelling.close_unpaid(order_id=pk, at=at), provider=Subquery(newest))


@shared_task
def confirm_receipts():
    """Parcels that arrived long ago (F9)."""
    at = clock.now()
    arrived = Order.objects.filter(state=State.SHIPPED, shipped_at__lte=at - timedelta(days=AUTO_RECEIPT_DAYS.value))
    _each(arrived, lambda pk: receiving.confirm_receipt(order=Order(pk=pk), by=receiving.BY_CLOCK, at=at))


@shared_task
def follow_parcels():
    """Parcels whose way is asked for again (F8)."""
    if tracking.service() is None:
        return
    at = clock.now()
    due = Tracking.objects.filter(next_look_at__lte=at)
    _each(due, lambda pk: following.look(shipment_id=pk, at=at), provider=Value("logistics"))


@shared_task
def end_coupons():
    """Coupons that have ended by the clock are marked for the lists (F11)."""
    coupons.end(at=clock.now())


@shared_task(autoretry_for=(Busy,), retry_backoff=True, max_retries=5)
def give_coupons(approval_id):
    """Coupons that staff give away (F11): goes on where it was stopped."""
    by_hand.hand_out(approval=Approval(pk=approval_id), at=clock.now())


@shared_task
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


@shared_task
def prune_notifications():
    """Refused callbacks are kept for a month (F5)."""
    notifications.prune(at=clock.now())


def _each(due, work, *, provider=None):
    """``work(pk)`` for rows that are due, in no order: one that is stuck never stands before the others for long.

    ``provider`` is the expression that names the provider a row has to do with, None when it has none.
    """
    calls, silent = 0, set()
    rows = due.order_by("?").values_list("pk", provider or Value(""))
    for pk, name in list(rows[:BATCH]):
        if name in silent:
            continue
        calls += bool(name)
        if calls > CALLS:
            break
        try:
            work(pk)
        except (ProviderUnavailable, TrackingUnavailable) as error:
            silent.add(name)
            log.warning("sweep_provider_silent", provider=name, pk=pk, code=error.code)
        except DomainError as error:
            log.warning("sweep_postponed", model=due.model.__name__, pk=pk, code=error.code)
        except Exception:
            log.exception("sweep_failed", model=due.model.__name__, pk=pk)
