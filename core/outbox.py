"""The outbox: follow-up work of a change is written in its transaction and handled afterwards, at least once.

A handler belongs to an app above the publisher, is registered in ``ready()`` or on import of the app's
``receivers`` module, and must be harmless when it runs twice: it uses the natural key of what it does.
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from core import audit, clock, pruning
from core.call import call
from core.models import OutboxMessage
from core.rows import Rows

log = structlog.get_logger(__name__)

BATCH = 100
DRAIN_TASK = "core.tasks.drain_outbox"
LONGEST_WAIT_S = 3600
CALLED = "outbox:called"
CALL_LASTS_S = 10

PRUNE = """
DELETE FROM core_outboxmessage
WHERE id IN (SELECT id FROM core_outboxmessage WHERE handled_at < %s ORDER BY handled_at LIMIT %s)
RETURNING 1
"""

Handler = Callable[..., object]
_handlers: defaultdict[str, list[Handler]] = defaultdict(list)


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Register the decorated function, called with the payload as keywords, for ``topic``."""

    def register(handler: Handler) -> Handler:
        _handlers[topic].append(handler)
        return handler

    return register


def publish(topic: str, *, key: str, at: datetime, **payload: Any) -> None:
    """Write a message in the current transaction; the same ``key`` twice is one message. ``payload`` must be JSON."""
    message = OutboxMessage(topic=topic, key=key, payload=payload, created_at=at, next_try_at=at)
    rows = _rows()
    call(f"{rows.insert} ON CONFLICT DO NOTHING", rows.values(message))
    transaction.on_commit(_wake, robust=True)


def retry(pks: Iterable[int], *, by: str, at: datetime) -> int:
    """Make unhandled messages due at once, regardless of their back-off. Returns how many."""
    with transaction.atomic():
        due = OutboxMessage.objects.filter(pk__in=list(pks), handled_at=None)
        keys = list(due.values_list("key", flat=True))
        due.update(next_try_at=at)
        for key in keys:
            audit.record("outbox.retried", by=by, subject=f"outbox:{key}"[:64], at=at)
        transaction.on_commit(_wake, robust=True)
    return len(keys)


@functools.cache
def _rows() -> Rows:
    return Rows(OutboxMessage)


def _wake() -> None:
    """Call a worker, unless one was called that has not started yet: it will find this message too.

    The call may get lost (the broker is down), so beat drains the outbox as well.
    """
    if cache.add(CALLED, True, timeout=CALL_LASTS_S):
        current_app.tasks[DRAIN_TASK].apply_async(expires=CALL_LASTS_S)


def note_drain() -> None:
    """A worker starts: messages published from now on need another call. Call it before looking for messages."""
    cache.delete(CALLED)


def drain(*, at: datetime) -> tuple[int, int]:
    """Handle what is due at ``at``, one transaction a message. Returns ``(handled, failed)``."""
    handled = failed = 0
    due = OutboxMessage.objects.filter(handled_at=None, next_try_at__lte=at).order_by("next_try_at")
    for pk in due.values_list("pk", flat=True)[:BATCH]:
        outcome = _handle(pk, at)
        handled += outcome is True
        failed += outcome is False
    return handled, failed


def prune(*, at: datetime) -> int:
    """Delete messages that were handled more than ``OUTBOX_KEPT_DAYS`` ago; returns how many."""
    return pruning.in_batches(PRUNE, at - timedelta(days=settings.OUTBOX_KEPT_DAYS))


def _handle(pk: int, at: datetime) -> bool | None:
    """True when handled, False when it failed and will be tried again, None when another worker has it."""
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update(skip_locked=True).filter(pk=pk, handled_at=None).first()
        if message is None:
            return None
        try:
            with transaction.atomic():
                handlers = _handlers.get(message.topic)
                if not handlers:  # a misspelt topic must be seen, not lost
                    raise LookupError(f"nobody handles {message.topic}")
                for handler in handlers:
                    handler(**message.payload)
        except Exception as error:
            log.exception("outbox_failed", topic=message.topic, key=message.key, tries=message.tries + 1)
            message.tries += 1
            wait_s = min(2 ** min(message.tries, 16), LONGEST_WAIT_S)  # a large power of 2 would overflow a timedelta
            message.next_try_at = at + timedelta(seconds=wait_s)
            message.last_error = f"{type(error).__name__}: {error}"[:1000]
            message.save(update_fields=["tries", "next_try_at", "last_error"])
            return False
        message.handled_at = clock.now()
        message.save(update_fields=["handled_at"])
        return True
