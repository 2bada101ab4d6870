"""Small things that staff change while the mall runs: the database is the truth, each process keeps them in memory.

A process asks the cache server at most every ``FRESH_S`` seconds for the stamp of the last change, and the database
only when the stamp is another one: a change is seen everywhere within a second, and costs a page nothing. Whatever
the cache server loses or forgets, after ``RELOAD_S`` seconds the database is read again; without one, at every look.
"""

import uuid
from time import monotonic

from django.core.cache import cache
from django.db import transaction

from core.cache import is_away

FRESH_S = 0.5
RELOAD_S = 30

_all = []


class Live:
    """``load()`` reads the value from the database; whoever changes what it reads calls ``changed()``."""

    def __init__(self, name, load):
        self._stamp_key = f"live:{name}"
        self._load = load
        _all.append(self)
        self.forget()

    def get(self):
        """The value, at most a second old."""
        now = monotonic()
        if now >= self._look_at:
            stamp = self._read_stamp()
            if stamp is None or stamp != self._stamp or now >= self._reload_at:
                # The stamp first, the rows after it: a change in between is seen at the next look.
                self._value, self._stamp, self._reload_at = self._load(), stamp, now + RELOAD_S
            self._look_at = now + FRESH_S
        return self._value

    def changed(self):
        """In the transaction of the change: when it commits, this process forgets at once, the others soon."""
        transaction.on_commit(self._announce, robust=True)

    def forget(self):
        """Look anew at the next question."""
        self._value, self._stamp, self._look_at, self._reload_at = None, None, 0.0, 0.0

    def pin(self, value):
        """For tests: keep ``value`` and look no more until ``forget()``."""
        self._value, self._look_at = value, float("inf")

    def _announce(self):
        self.forget()
        cache.set(self._stamp_key, uuid.uuid4().hex, timeout=None)

    def _read_stamp(self):
        stamp = cache.get(self._stamp_key) or cache.get_or_set(self._stamp_key, uuid.uuid4().hex, timeout=None)
        return None if is_away() else stamp  # what this process remembers for itself tells nothing of the others


def forget_all():
    """For tests: nothing is remembered from one to the next."""
    for live in _all:
        live.forget()
