"""Files of grants, checked and given in the background. Each may run twice."""

from celery import shared_task

from core import clock
from core.tasks import LONGEST_S
from points.grants.models import BulkGrant
from points.grants.services import granting


@shared_task(name="points.tasks.check_grant")
def check_grant(grant_id):
    """Judge the lines of an uploaded file (B11)."""
    granting.judge(grant=BulkGrant(pk=grant_id), at=clock.now())


@shared_task(name="points.tasks.run_grant", time_limit=LONGEST_S)
def run_grant(grant_id):
    """Give the points of a file (B11)."""
    granting.work_off(grant=BulkGrant(pk=grant_id), at=clock.now())
