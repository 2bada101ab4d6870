"""Background work of the shared kernel."""

from celery import shared_task

from core import clock, limits, outbox

LONGEST_S = 3_000  # for a task; shorter than the time after which the broker gives an unfinished task to another worker


@shared_task
def drain_outbox() -> None:
    """Handle messages until none is due."""
    outbox.note_drain()
    while outbox.drain(at=clock.now())[0] == outbox.BATCH:
        pass


@shared_task
def prune_outbox() -> None:
    """Delete messages that were handled long ago."""
    outbox.prune(at=clock.now())


@shared_task
def prune_counters() -> None:
    """Delete counters whose window is over."""
    limits.prune(at=clock.now())
