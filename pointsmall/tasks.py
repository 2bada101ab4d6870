"""Background work of the mall as a whole."""

from celery import shared_task

from accounts.services import sessions as signed_in
from core import clock, sessions


@shared_task
def clear_sessions():
    """Forget sessions that ended, and then where they were; nothing else does."""
    sessions.prune(at=clock.now())
    signed_in.prune()
