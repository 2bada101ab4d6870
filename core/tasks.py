"""Background work of the shared kernel."""

from celery import shared_task

from core import clock, outbox


@shared_task
def drain_outbox():
    """Handle messages until none is due."""
    while outbox.drain(at=clock.now())[0] == outbox.BATCH:
        pass
