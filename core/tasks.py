"""Background work of the shared kernel."""

from celery import shared_task

from core import clock, outbox


@shared_task
def drain_outbox():
    """Handle messages until none is due."""
    outbox.heard()
    while outbox.drain(at=clock.now())[0] == outbox.BATCH:
        pass
