"""The sandbox keeps telling the merchant until it answers."""

from celery import shared_task

from core import clock
from orders.models.sandbox import SandboxCharge
from orders.payments.sandbox_gateway import gateway

WAITS_S = (2, 5, 15, 30, 60, 300, 900, 1800, 3600)


@shared_task(bind=True, max_retries=len(WAITS_S))
def notify(self, charge_id):
    """Deliver the notification of a charge, again and again with growing waits until it is taken."""
    charge = SandboxCharge.objects.get(pk=charge_id)
    if charge.notified_at is None and not gateway.deliver(charge, at=clock.now()):
        raise self.retry(countdown=WAITS_S[min(self.request.retries, len(WAITS_S) - 1)])
