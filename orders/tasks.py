"""Background work of orders. Beat starts ``orders.tasks.sweep`` every minute; everything else is started by an act.

Each task only loads and calls one service; all may run twice. The sweep is the net under what the broker may lose:
it does one thing at a time, each in a transaction of its own, and one that fails does not stop the others.
"""

from datetime import timedelta

import structlog
from celery import shared_task
from django.conf import settings

from core import actors, clock
from core.errors import Busy, DomainError
from orders.models import NotificationState, Order, Payment, PaymentNotification, PaymentState, State
from orders.payments.base import ProviderUnavailable
from orders.services import cancelling, notifications, paying, receiving

log = structlog.get_logger(__name__)

BATCH = 200
GRACE = timedelta(minutes=1)  # what an act started itself is left alone that long
BY_CALLBACK = actors.system("payment_callback")
BY_SWEEP = actors.system("sweep")


@shared_task
def close_unpaid(order_id):
    """At the end of an order's payment window (F9)."""
    cancelling.close_unpaid(order_id=order_id, at=clock.now())


@shared_task(autoretry_for=(Busy,), retry_backoff=True, max_retries=5)
def work_notification(notification_id):
    """Let a payment notification have its effect (F5)."""
    notifications.work_off(notification_id=notification_id, by=BY_CALLBACK, at=clock.now())


@shared_task(autoretry_for=(ProviderUnavailable,), retry_backoff=5, max_retries=5)
def refund_payment(payment_id):
    """Send money back that is not owed (F6)."""
    paying.refund_at_provider(payment_id=payment_id, by=BY_SWEEP, at=clock.now())


@shared_task(ignore_result=True)
def ask_provider(payment_id):
    """The member is back from paying and no notification has come: ask (F5)."""
    paying.ask(payment_id=payment_id, by=BY_SWEEP, at=clock.now())


@shared_task
def sweep():
    """Do what is due and was not done: notifications, payments to ask about, refunds, windows over, receipts."""
    at = clock.now()
    waiting = PaymentNotification.objects.filter(state=NotificationState.RECEIVED, received_at__lte=at - GRACE)
    _each(waiting, "received_at", lambda pk: notifications.work_off(notification_id=pk, by=BY_SWEEP, at=at))
    to_ask = Payment.objects.filter(next_ask_at__lte=at)
    _each(to_ask, "next_ask_at", lambda pk: paying.ask(payment_id=pk, by=BY_SWEEP, at=at))
    to_refund = Payment.objects.filter(state=PaymentState.REFUNDING)
    _each(to_refund, "created_at", lambda pk: paying.refund_at_provider(payment_id=pk, by=BY_SWEEP, at=at))
    unpaid = Order.objects.filter(state=State.PENDING_PAYMENT, pay_before__lte=at)
    _each(unpaid, "pay_before", lambda pk: cancelling.close_unpaid(order_id=pk, at=at))
    arrived = Order.objects.filter(state=State.SHIPPED, shipped_at__lte=at - timedelta(days=settings.AUTO_RECEIPT_DAYS))
    _each(arrived, "shipped_at", lambda pk: receiving.confirm_receipt(order=Order(pk=pk), by=receiving.BY_CLOCK, at=at))


def _each(queryset, order, work):
    for pk in list(queryset.order_by(order).values_list("pk", flat=True)[:BATCH]):
        try:
            work(pk)
        except DomainError as error:
            log.warning("sweep_postponed", model=queryset.model.__name__, pk=pk, code=error.code)
        except Exception:
            log.exception("sweep_failed", model=queryset.model.__name__, pk=pk)
