"""Costly work that a process does one at a time, with a short queue: it must not take all threads or all memory,
however many requests come at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Full(Exception):
    """All places are taken, or the one inside takes too long."""


class Turns:
    """One caller is inside and up to ``places`` - 1 wait, at most ``longest_wait_s`` seconds each; others are
    refused."""

    def __init__(self, *, places: int, longest_wait_s: float) -> None:
        self.longest_wait_s = longest_wait_s
        self._inside = threading.Lock()
        self._counting = threading.Lock()
        self._free = places

    def is_full(self) -> bool:
        """Checks without waiting; the answer may be outdated by the time it is used."""
        return self._free <= 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place and come in; raises ``Full``."""
        with self._counting:
            if self._free <= 0:
                raise Full
            self._free -= 1
        try:
            if not self._inside.acquire(timeout=self.longest_wait_s):
                raise Full
            try:
                yield
            finally:
                self._inside.release()
        finally:
            with self._counting:
                self._free += 1
