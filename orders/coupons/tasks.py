"""Background work of coupons. Each may run twice."""

from celery import shared_task

from core import clock
from core.errors import Busy
from core.models import Approval
from orders.coupons.services import coupons
from orders.coupons.services.by_hand import hand_out


@shared_task(name="orders.tasks.end_coupons")
def end_coupons():
    """Coupons that have ended by the clock are marked for the lists (F11)."""
    coupons.end(at=clock.now())


@shared_task(name="orders.tasks.give_coupons", autoretry_for=(Busy,), retry_backoff=True, max_retries=5)
def give_coupons(approval_id):
    """Coupons that staff give away (F11): goes on where it was stopped."""
    hand_out(approval=Approval(pk=approval_id), at=clock.now())
