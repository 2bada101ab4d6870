"""Small values that staff change while the mall runs. They are stored in the database and kept in memory by each
process.

Every ``FRESH_S`` seconds at most, a process asks the cache server for the stamp of the last change, and reads the
database only when the stamp has changed. So all processes see a change within a second at almost no cost. In case the
cache server loses a stamp, the database is read again after ``RELOAD_S`` seconds anyway, and at every check while the
server is down.
"""

import uuid
from collections.abc import Callable
from time import monotonic
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.db import transaction

from core.cache import is_away

FRESH_S = 0.5
RELOAD_S = 30

Value = TypeVar("Value")
_all: list["Live[Any]"] = []


class Live(Generic[Value]):
    """``load()`` reads the value from the database; code that changes what it reads must call ``changed()``."""

    _value: Value

    def __init__(self, name: str, load: Callable[[], Value]) -> None:
        self._stamp_key = f"live:{name}"
        self._load = load
        self._stamp: str | None = None
        self._look_at = self._reload_at = 0.0
        _all.append(self)

    def get(self) -> Value:
        """The value, at most one second old."""
        now = monotonic()
        if now >= self._look_at:
            stamp = self._read_stamp()
            if stamp is None or stamp != self._stamp or now >= self._reload_at:
                # Read the stamp before the rows: a change in between is then seen at the next check.
                self._value, self._stamp, self._reload_at = self._load(), stamp, now + RELOAD_S
            self._look_at = now + FRESH_S
        return self._value

    def changed(self) -> None:
        """Call it in the transaction of the change: after the commit this process reloads at once, the others soon."""
        transaction.on_commit(self._announce, robust=True)

    def forget(self) -> None:
        """Reload at the next ``get()``."""
        self._stamp, self._look_at, self._reload_at = None, 0.0, 0.0

    def pin(self, value: Value) -> None:
        """For tests: keep ``value`` and do not check again until ``forget()``."""
        self._value, self._look_at = value, float("inf")

    def _announce(self) -> None:
        self.forget()
        cache.set(self._stamp_key, uuid.uuid4().hex, timeout=None)

    def _read_stamp(self) -> str | None:
        stamp = cache.get(self._stamp_key) or cache.get_or_set(self._stamp_key, uuid.uuid4().hex, timeout=None)
        return None if is_away() else stamp  # this process's own memory says nothing about other processes


def forget_all() -> None:
    """For tests: forget everything, so that no test sees another one's values."""
    for live in _all:
        live.forget()
