"""Background work of the mall as a whole."""

from celery import shared_task

from accounts.services import sessions as signed_in
from core import clock, sessions


@shared_task
def clear_sessions():
    """Delete sessions that ended, then their addresses and browsers; nothing else deletes them."""
    sessions.prune(at=clock.now())
    signed_in.prune()
