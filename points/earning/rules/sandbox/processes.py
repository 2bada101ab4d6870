"""Processes that run scripts for this one, and are ended when a script does not end.

They are fresh Pythons that have nothing of ours: no memory, no sockets, no secrets in their environment. A thread that
has something to run takes one that is idle, the last used first, or starts one; at most ``MOST`` are there, and who
finds all of them busy waits. They end with this process, whichever way it ends: their input does.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic
from typing import IO, Any, cast

TIME_S = 0.05  # of processor time, for one call
KILL_S = 0.1  # of processor time: what no limit inside the engine has ended by then, the kernel ends
MEMORY_BYTES = 16 * 2**20  # of one script
PROCESS_BYTES = 512 * 2**20  # of address space, most of which is never used
STACK_BYTES = 128 * 2**10
MOST = 4
PATIENCE_S = 10  # by the clock on the wall, and as much as the lines may take: for a machine that stands still
MOST_ANSWER = 4_096  # bytes, and MOST_A_LINE for each line
MOST_A_LINE = 64
CHUNK = 65_536

CHILD = Path(__file__).parent / "child.py"
LIMITS = {
    "time_s": TIME_S,
    "kill_s": KILL_S,
    "memory_bytes": MEMORY_BYTES,
    "process_bytes": PROCESS_BYTES,
    "stack_bytes": STACK_BYTES,
}


_all: "set[_Process]"
_idle: "list[_Process]"
_free: threading.BoundedSemaphore


class Died(Exception):
    """The process ended while it worked, and it was the script's doing; ``by_time`` says which limit it was."""

    def __init__(self, by_time: bool) -> None:
        super().__init__()
        self.by_time = by_time


class Unavailable(RuntimeError):
    """No process could be had that answers, which is not the script's fault: try again later."""


def ask(request: list[Any], lines: int = 1) -> Any:
    """The answer of some process to ``request`` of so many lines. Raises ``Died``, ``Unavailable``."""
    message = json.dumps(request).encode() + b"\n"
    with _free:
        for _try in range(3):
            process = _take()
            try:
                answer = process.ask(message, lines)
            except _Lost:
                process.end()
            except BaseException:
                process.end()
                raise
            else:
                _idle.append(process)
                return answer
    raise Unavailable("the processes that run scripts do not answer")


class _Lost(Exception):
    """The process is gone, or does not answer, and the script has nothing to do with it."""


class _Process:
    def __init__(self) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-I", CHILD, json.dumps(LIMITS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={},
            cwd="/",
        )
        self._questions, self._replies = cast(IO[bytes], self._popen.stdin), cast(IO[bytes], self._popen.stdout)
        os.set_blocking(self._questions.fileno(), False)
        self._asks, self._answers = select.poll(), select.poll()
        self._asks.register(self._questions, select.POLLOUT)
        self._answers.register(self._replies, select.POLLIN)
        _all.add(self)

    def is_there(self) -> bool:
        return self._popen.poll() is None

    def ask(self, message: bytes, lines: int) -> Any:
        deadline = monotonic() + PATIENCE_S + KILL_S * lines
        self._send(message, deadline)
        return self._answer(MOST_ANSWER + MOST_A_LINE * lines, deadline)

    def _send(self, message: bytes, deadline: float) -> None:
        left = memoryview(message)
        while left:
            _wait(self._asks, deadline)
            try:
                left = left[os.write(self._questions.fileno(), left[:CHUNK]) :]
            except BrokenPipeError:
                raise _Lost from None

    def _answer(self, most: int, deadline: float) -> Any:
        found = b""
        while not found.endswith(b"\n"):
            _wait(self._answers, deadline)
            read = os.read(self._replies.fileno(), CHUNK)
            if not read:
                raise self._cause()
            found += read
            if len(found) > most:
                raise _Lost
        return json.loads(found)

    def _cause(self) -> Exception:
        """Why it ended: whoever stops processes of this machine says nothing about a script."""
        code = self._popen.wait()
        return _Lost() if -code in (signal.SIGKILL, signal.SIGTERM) else Died(by_time=-code == signal.SIGPROF)

    def end(self) -> None:
        _all.discard(self)
        self._popen.kill()
        self._popen.wait()
        self.let_go()

    def let_go(self) -> None:
        """Without a word to the process: close our ends of the pipes."""
        self._questions.close()
        self._replies.close()


def _wait(poll: select.poll, deadline: float) -> None:
    if not poll.poll(max(deadline - monotonic(), 0) * 1000):
        raise _Lost


def _take() -> _Process:
    with contextlib.suppress(IndexError):
        while True:
            process = _idle.pop()
            if process.is_there():
                return process
            process.end()
    try:
        return _Process()
    except OSError as error:
        raise Unavailable(str(error)) from error


def _begin() -> None:
    global _all, _idle, _free
    _all, _idle, _free = set(), [], threading.BoundedSemaphore(MOST)


def _after_fork() -> None:
    """The parent goes on with its processes: two that write into one pipe would get each other's answers."""
    for process in _all:
        process.let_go()
        process._popen.returncode = 0  # not ours to wait for
    _begin()


@atexit.register
def end_all() -> None:
    """They would end by themselves; nobody shall have to wait for it."""
    for process in list(_all):
        process.end()
    _begin()


_begin()
os.register_at_fork(after_in_child=_after_fork)
