"""The process in which scripts run: a program of its own, started by ``processes.py`` with two pipes and its limits.

Each line of its input is a request, answered by one line, both JSON:

    ["check", source]                            null, or why it cannot be read as JavaScript
    ["facts", source]                            whether it takes the fourth argument, what the rules above gave
    ["call", key, source or null, [line, ...]]   [[points, ...], null or why the next line failed]; null where the key
                                                 is not known here and no source was given

A line is the arguments of ``calculatePoints``, a reason ``[kind, text, line of the source or null]`` with one of the
kinds time, memory, stack, function, number and error. A script is made ready in 3 ms, kept warm by its key, and costs
some µs a call. After any failure it is thrown away; a limit that was reached in a used context is tried once more in a
fresh one, so that what earlier calls left behind does not count against a script.

QuickJS looks at the time between its own steps only. What loops inside one step is ended by the kernel, by a signal
that nobody handles.
"""

import json
import re
import resource
import signal
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import quickjs

FUNCTION = "calculatePoints"
PLACE = re.compile(r"^    at .*<input>:(\d+)", re.MULTILINE)  # the innermost comes first
BODY = f"(() => {{%s\n;return typeof {FUNCTION} === 'function' ? {FUNCTION} : null}})"
TAKES_FACTS = "(made) => made.length > 3 || /arguments/.test(String(made))"
SCRIPTS = 8
Limits = dict[str, Any]
Reason = tuple[str, str, int | None]
PRELUDE = (Path(__file__).parent / "prelude.js").read_text()


def main(limits: Limits) -> None:
    _close_down(limits)
    warm: OrderedDict[int, Script] = OrderedDict()
    answer: Any
    for line in sys.stdin.buffer:
        verb, *arguments = json.loads(line)
        match verb:
            case "check":
                answer = check(arguments[0], limits)
            case "facts":
                answer = takes_facts(arguments[0], limits)
            case _:
                key, source, lines = arguments
                answer = call(key, source, lines, limits, warm)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _close_down(limits: Limits) -> None:
    """Whoever breaks out of the engine finds little memory, no files and no processes. Who stops the mall signals all
    its processes: this one goes on for whoever waits for it, and ends with its input."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for what, most in {"AS": limits["process_bytes"], "CORE": 0, "FSIZE": 0, "NOFILE": 16, "NPROC": 0}.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))


def check(source: str, limits: Limits) -> Reason | None:
    """Why ``source`` is no JavaScript, or None."""
    context = _context(limits)
    try:
        context.eval(f"throw undefined;{source}")  # read as a whole first; nothing of it runs
    except quickjs.JSException as error:
        return None if str(error).strip() == "undefined" else _reason(error)
    return None


def takes_facts(source: str, limits: Limits) -> bool:
    """Whether its function takes the fourth argument; true where that cannot be told."""
    try:
        return Script(source, limits).takes_facts()
    except (Failed, quickjs.JSException):
        return True


def call(
    key: int | None, source: str | None, lines: list[list[Any]], limits: Limits, warm: "OrderedDict[int, Script]"
) -> tuple[list[Any], Reason | None] | None:
    """Points of each line, up to the first that fails."""
    script = warm.pop(key, None) if key is not None else None
    if script is None:
        if source is None:
            return None
        script = Script(source, limits)
    points = []
    try:
        for line in lines:
            points.append(script.points(*line))
    except Failed as failure:
        return points, failure.reason
    if key is not None:
        warm[key] = script
        if len(warm) > SCRIPTS:
            warm.popitem(last=False)
    return points, None


class Failed(Exception):
    """A line gave no points."""

    def __init__(self, kind: str, text: str = "", line: int | None = None) -> None:
        self.reason = kind, text, line

    @property
    def may_be_of_before(self) -> bool:
        """Whether it can be the doing of earlier lines: they filled the memory, or left what cannot be taken away."""
        return self.reason[0] in ("time", "memory", "stack", "number")


class Script:
    """A source, and a context in which its lines run; none of them finds what another left (``prelude.js``)."""

    def __init__(self, source: str, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._line: Any = None

    def points(self, *line: Any) -> Any:
        used = self._line is not None
        try:
            return self._points(line)
        except Failed as failure:
            if not (used and failure.may_be_of_before):
                raise
        self._line = None
        return self._points(line)

    def takes_facts(self) -> bool:
        signal.setitimer(signal.ITIMER_PROF, self._limits["kill_s"])
        context = _context(self._limits)
        context.eval(PRELUDE)
        return bool(context.eval(TAKES_FACTS)(self._body(context)()))

    def _points(self, line: tuple[Any, ...]) -> Any:
        signal.setitimer(signal.ITIMER_PROF, self._limits["kill_s"])
        try:
            if self._line is None:
                context = _context(self._limits)
                self._line = context.eval(PRELUDE)(self._body(context))
            result = self._line(*line)
        except quickjs.JSException as error:
            raise Failed(*_reason(error)) from None
        if type(result) not in (int, float):
            raise Failed("number")
        return result

    def _body(self, context: Any) -> Any:
        """The source as the body of a function, which runs anew for each line."""
        body = context.eval(BODY % self._source)
        if body() is None:
            raise Failed("function")
        return body


def _context(limits: Limits) -> Any:
    context = quickjs.Context()
    context.set_memory_limit(limits["memory_bytes"])
    context.set_max_stack_size(limits["stack_bytes"])
    context.set_time_limit(limits["time_s"])
    return context


def _reason(error: Exception) -> Reason:
    text = str(error)
    if "interrupted" in text:
        return "time", "", None
    # With no memory left there is none for a message either.
    if "out of memory" in text or text.strip() == "null":
        return "memory", "", None
    if "call stack size" in text or "stack overflow" in text:
        return "stack", "", None
    first = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    place = PLACE.search(text)
    return "error", first[:200], int(place[1]) if place else None


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
