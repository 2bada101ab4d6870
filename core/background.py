"""Tasks go to the worker, or wait in the outbox while the broker is down.

The broker is the cache server (``core.cache``). No page waits for a broker that does not answer, and no task is lost:
one that cannot be sent is kept in the outbox and sent when the broker is back. It is encrypted there, because it may
hold phone numbers and addresses. A task that expires (``expires``) is dropped instead, because it would come too late:
people ask for a new code, timers fire again.
"""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import current_app
from celery.contrib.django.task import DjangoTask
from celery.result import AsyncResult
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core import cache, clock, outbox
from core.crypto import decrypt, encrypt

log = structlog.get_logger(__name__)

TOPIC = "task.kept"
AWAY = (OperationalError, RedisError, OSError)


class Task(DjangoTask):
    """The base class of the mall's tasks."""

    abstract = True

    def apply_async(  # type: ignore[override] # None where the task is kept or dropped
        self, args: tuple[Any, ...] | None = None, kwargs: dict[str, Any] | None = None, **options: Any
    ) -> "AsyncResult[Any] | None":
        """As Celery's; returns None if the task was kept or dropped."""
        try:
            return self.send(args, kwargs, **options)
        except AWAY as error:
            kept = options.get("expires") is None
            log.warning("task_not_sent", task=self.name, kept=kept, error=type(error).__name__)
            if kept:
                _keep(self.name, args, kwargs, _due(**options))
            return None

    def send(
        self, args: tuple[Any, ...] | None = None, kwargs: dict[str, Any] | None = None, **options: Any
    ) -> "AsyncResult[Any]":
        """Raises one of ``AWAY`` when the broker cannot be reached."""
        if not self.app.conf.task_always_eager:
            cache.ask()
        return super().apply_async(args, kwargs, **options)


def _due(*, eta: datetime | None = None, countdown: float | None = None, **_options: Any) -> datetime | None:
    if countdown is not None:
        eta = clock.now() + timedelta(seconds=countdown)
    return eta


def _keep(name: str, args: tuple[Any, ...] | None, kwargs: dict[str, Any] | None, eta: datetime | None) -> None:
    content = json.dumps([name, list(args or ()), dict(kwargs or {}), eta.isoformat() if eta else None])
    outbox.publish(TOPIC, key=f"task:{uuid.uuid4()}", at=clock.now(), sealed=encrypt(content))


@outbox.handles(TOPIC)
def send_kept(*, sealed: str) -> None:
    """Send a kept task; if that fails, the outbox tries again later."""
    name, args, kwargs, eta = json.loads(decrypt(sealed))
    task: Task = current_app.tasks[name]  # type: ignore[assignment] # as all of ours
    task.send(args, kwargs, eta=datetime.fromisoformat(eta) if eta else None)
