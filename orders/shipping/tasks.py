"""Background work about parcels. Each may run twice."""

from celery import shared_task
from django.db.models import Value

from core import clock
from orders.lifecycle.sweeping import each
from orders.models import Tracking
from orders.shipping import tracking
from orders.shipping.services import tracking as following
from orders.shipping.tracking.base import TrackingUnavailable


@shared_task(name="orders.tasks.follow_parcels")
def follow_parcels():
    """Parcels whose way is asked for again (F8)."""
    if tracking.service() is None:
        return
    at = clock.now()
    due = Tracking.objects.filter(next_look_at__lte=at)
    each(due, lambda pk: following.look(shipment_id=pk, at=at), provider=Value("logistics"), silent=TrackingUnavailable)
