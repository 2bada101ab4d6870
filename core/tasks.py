"""Background work of the shared kernel."""

from celery import shared_task

from core import clock, limits, outbox

LONGEST_S = 3_000  # of a task; shorter than the broker waits before it hands an unfinished one to somebody else


@shared_task
def drain_outbox() -> None:
    """Handle messages until none is due."""
    outbox.note_drain()
    while outbox.drain(at=clock.now())[0] == outbox.BATCH:
        pass


@shared_task
def prune_outbox() -> None:
    """Forget messages that were handled long ago."""
    outbox.prune(at=clock.now())


@shared_task
def prune_counters() -> None:
    """Forget counters whose window is over."""
    limits.prune(at=clock.now())
