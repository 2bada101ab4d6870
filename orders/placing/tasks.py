"""Background work about orders that are not paid. Each may run twice."""

from celery import shared_task
from django.db.models import OuterRef, Subquery

from core import clock
from orders.lifecycle.sweeping import each
from orders.models import Order, OrderState, Payment, PaymentState
from orders.payments.base import ProviderUnavailable
from orders.placing.services import cancelling


@shared_task(name="orders.tasks.close_unpaid")
def close_unpaid(order_id):
    """At the end of an order's payment window (F9)."""
    cancelling.close_unpaid(order_id=order_id, at=clock.now())


@shared_task(name="orders.tasks.close_unpaid_orders")
def close_unpaid_orders():
    """Net: orders whose payment window is over (F9)."""
    at = clock.now()
    unpaid = Order.objects.filter(state=OrderState.PENDING_PAYMENT, pay_before__lte=at)
    unpaid = unpaid.exclude(payments__state=PaymentState.DISPUTED)
    newest = Payment.objects.filter(order=OuterRef("pk")).order_by("-pk").values("provider")[:1]
    each(
        unpaid,
        lambda pk: cancelling.close_unpaid(order_id=pk, at=at),
        provider=Subquery(newest),
        silent=ProviderUnavailable,
    )
