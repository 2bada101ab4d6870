"""Background work after an order was shipped. Each may run twice."""

from datetime import timedelta

from celery import shared_task

from core import clock
from orders.after_sale.services import kept, receiving
from orders.lifecycle.sweeping import each
from orders.models import Order, OrderState
from orders.parameters import AUTO_RECEIPT_DAYS


@shared_task(name="orders.tasks.confirm_receipts")
def confirm_receipts():
    """Parcels that arrived long ago (F9)."""
    at = clock.now()
    before = at - timedelta(days=AUTO_RECEIPT_DAYS.value)
    arrived = Order.objects.filter(state=OrderState.SHIPPED, shipped_at__lte=before)
    each(arrived, lambda pk: receiving.confirm_receipt(order=Order(pk=pk), by=receiving.BY_CLOCK, at=at))


@shared_task(name="orders.tasks.sweep_kept_pictures")
def sweep_kept_pictures():
    """Pictures of forms that nobody sent again (F10)."""
    kept.sweep(at=clock.now())
