"""Keeps the parts of a mall running: a part that ends is restarted, with growing waits if it ends soon again.

A part is a program in its own process group. When it ends, the rest of its group is ended too; when we end, however
that happens, the kernel tells it to stop.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

import structlog

log = structlog.get_logger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 1, 30
STEADY_S = 60  # after running this long, a part begins again with the shortest wait
STOP_TIMEOUT_S = 20
PR_SET_PDEATHSIG = 1


class Part:
    """A ``command`` and its ``name`` in the log."""

    def __init__(self, name, command, environment):
        self.name = name
        self._command, self._environment = command, environment
        self._process = None
        self._started_at = self._start_at = 0.0
        self._wait_s = FIRST_WAIT_S

    def look_after(self):
        """Start it if it is due; check whether it has ended."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._start_at:
                self._start(now)
        elif (code := self._process.poll()) is not None:
            self._ended(code, now)

    def tell_to_stop(self):
        """Ask it to stop: it finishes its work first, and ``stop`` waits for that."""
        if self._process is not None:
            self._process.terminate()

    def stop(self):
        """Stop it; afterwards none of its processes runs."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=STOP_TIMEOUT_S)
        self._end_group()
        self._process.wait()

    def _start(self, now):
        self._process = subprocess.Popen(
            self._command, env=self._environment, start_new_session=True, preexec_fn=_end_with_us(os.getpid())
        )
        self._started_at = now

    def _ended(self, code, now):
        self._end_group()
        if now - self._started_at >= STEADY_S:
            self._wait_s = FIRST_WAIT_S
        log.error("part_ended", part=self.name, code=code, again_in_s=self._wait_s)
        self._process, self._start_at = None, now + self._wait_s
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)

    def _end_group(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _end_with_us(parent):
    """Runs in the child before it executes the program. If the kernel does not support it, a killed runner leaves
    orphans."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def tell():
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the runner ended before this call
            os._exit(0)

    return tell
