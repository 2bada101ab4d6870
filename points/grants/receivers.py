"""What follows when a file of points was approved."""

from core import outbox
from points.grants import tasks
from points.grants.services import granting


@outbox.handles(granting.TOPIC)
def run_grant(grant_id):
    """A file of points that a second person approved; a task of its own, for it may be long (B11)."""
    tasks.run_grant.delay(grant_id)
