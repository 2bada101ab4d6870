"""Small things that staff change while the mall runs: the database is the truth, each process keeps them in memory.

A process asks the cache server at most every ``FRESH_S`` seconds for the stamp of the last change, and the database
only when the stamp is another one: a change is seen everywhere within a second, and costs a page nothing. Whatever
the cache server loses or forgets, after ``RELOAD_S`` seconds the database is read again; without one, at every look.
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
    """``load()`` reads the value from the database; whoever changes what it reads calls ``changed()``."""

    _value: Value

    def __init__(self, name: str, load: Callable[[], Value]) -> None:
        self._stamp_key = f"live:{name}"
        self._load = load
        self._stamp: str | None = None
        self._look_at = self._reload_at = 0.0
        _all.append(self)

    def get(self) -> Value:
        """The value, at most a second old."""
        now = monotonic()
        if now >= self._look_at:
            stamp = self._read_stamp()
            if stamp is None or stamp != self._stamp or now >= self._reload_at:
                # The stamp first, the rows after it: a change in between is seen at the next look.
                self._value, self._stamp, self._reload_at = self._load(), stamp, now + RELOAD_S
            self._look_at = now + FRESH_S
        return self._value

    def changed(self) -> None:
        """In the transaction of the change: when it commits, this process forgets at once, the others soon."""
        transaction.on_commit(self._announce, robust=True)

    def forget(self) -> None:
        """Look anew at the next question."""
        self._stamp, self._look_at, self._reload_at = None, 0.0, 0.0

    def pin(self, value: Value) -> None:
        """For tests: keep ``value`` and look no more until ``forget()``."""
        self._value, self._look_at = value, float("inf")

    def _announce(self) -> None:
        self.forget()
        cache.set(self._stamp_key, uuid.uuid4().hex, timeout=None)

    def _read_stamp(self) -> str | None:
        stamp = cache.get(self._stamp_key) or cache.get_or_set(self._stamp_key, uuid.uuid4().hex, timeout=None)
        return None if is_away() else stamp  # what this process remembers for itself tells nothing of the others


def forget_all() -> None:
    """For tests: nothing is remembered from one to the next."""
    for live in _all:
        live.forget()
