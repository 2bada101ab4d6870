"""Background work that staff start, and the nightly proof of the ledger."""

from celery import shared_task

from core import actors, clock
from points.models import BulkGrant
from points.services import granting, sealing

LONGEST_S = 3600  # a ledger of many millions of entries takes its time


@shared_task
def check_grant(grant_id):
    """Judge the lines of an uploaded file (B11)."""
    granting.judge(grant=BulkGrant(pk=grant_id), at=clock.now())


@shared_task(time_limit=LONGEST_S)
def run_grant(grant_id):
    """Give the points of a file (B11)."""
    granting.work_off(grant=BulkGrant(pk=grant_id), at=clock.now())


@shared_task(time_limit=LONGEST_S)
def audit_ledger():
    """The nightly seal (B12)."""
    sealing.seal(by=actors.system("audit"), at=clock.now())
