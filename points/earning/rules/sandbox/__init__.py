"""JavaScript in a sandbox: time, memory and stack are limited, nothing outside can be reached (C7).

A script runs in a process of its own (``processes``, ``child``), which has nothing of the mall's and is ended when the
script does not end. A call costs some 50 µs, nearly all of it the way there and back; many lines are one way.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from points.earning.rules.sandbox import processes
from points.earning.rules.sandbox.processes import MEMORY_BYTES, TIME_S, Unavailable

__all__ = ["Failed", "LimitReached", "NotAScript", "Unavailable", "call", "call_many", "check", "takes_facts"]

MOST_CHARACTERS = 20_000  # of a source
MOST_POINTS = 1_000_000  # of a line, or MOST_A_YUAN where that is more: beyond it is a mistake, not a reward
MOST_A_YUAN = 100
Line = tuple[str, float, bool, float, str, float]
MOST_LINES = 500  # in one go
FUNCTION = "calculatePoints"

BIG_INTEGER = re.compile(r"\b(?:0[xob][0-9a-f_]+|[0-9][0-9_]*)n\b", re.IGNORECASE)
ZERO = Decimal(0)
ERRORS = {
    "SyntaxError": gettext_noop("This cannot be read."),
    "ReferenceError": gettext_noop("A name is used that is not there."),
    "TypeError": gettext_noop("A value is used for what it is not."),
    "RangeError": gettext_noop("A number or a length is out of range."),
}


class Failed(Exception):
    """The script does not give a number of points; ``str()`` says why, for staff."""


class NotAScript(Failed):
    """The source cannot be read as JavaScript or defines no ``calculatePoints``."""


class LimitReached(Failed):
    """A limit was reached."""


def check(source: str) -> None:
    """Raises ``NotAScript`` when ``source`` has an error of syntax. Runs nothing of it."""
    if len(source) > MOST_CHARACTERS:
        raise NotAScript(_("It is longer than %(most)s characters.") % {"most": MOST_CHARACTERS})
    if FUNCTION not in source:
        raise NotAScript(_("It defines no function %(name)s.") % {"name": FUNCTION})
    if BIG_INTEGER.search(source):  # one operation of a few of them takes all the time there is
        raise NotAScript(_("It uses big integers (10n)."))
    try:
        reason = processes.ask(["check", source])
    except processes.Died as death:
        raise NotAScript(str(_ended(death))) from None
    if reason is not None:
        raise NotAScript(str(_failure(*reason)))


def call(key: int | None, source: str, *line: Any) -> Decimal:
    """Points of one line as a ``Decimal``; arguments are those of ``call_many``. Raises ``Failed``, ``Unavailable``."""
    points, failure = call_many(key, source, [line])
    if failure:
        raise failure
    return points[0]


def call_many(key: int | None, source: str, lines: Sequence[Line]) -> tuple[list[Decimal], Failed | None]:
    """``(points, failure)``: those of the lines before the first that fails, and its ``Failed``, or None.

    A line is ``(tier, yuan, is_imported, points, category, multiplier)``. ``key`` names the source for what is kept
    warm; None keeps nothing. Raises ``Unavailable``.
    """
    points: list[Decimal] = []
    for begin in range(0, len(lines), MOST_LINES):
        some = lines[begin : begin + MOST_LINES]
        found, failure = _call(key, source, some)
        for line, result in zip(some, found, strict=False):
            if problem := _problem(line, result):
                return points, problem
            points.append(Decimal(repr(result)) if result else ZERO)  # -0 is 0
        if failure:
            return points, failure
    return points, None


@lru_cache(maxsize=100)
def takes_facts(source: str) -> bool:
    """Whether the script may read what the rules above gave. Raises ``Unavailable``."""
    try:
        return bool(processes.ask(["facts", source]))
    except processes.Died:
        return True


def _call(key: int | None, source: str, lines: Sequence[Line]) -> tuple[list[Any], Failed | None]:
    try:
        answer = None if key is None else processes.ask(["call", key, None, lines], len(lines))
        if answer is None:
            answer = processes.ask(["call", key, source, lines], len(lines))
    except processes.Died as death:
        if key is None and len(lines) == 1:  # in a context that nothing was left behind in
            return [], _ended(death)
        return _one_by_one(source, lines)
    found, reason = answer
    return found, _failure(*reason) if reason else None


def _one_by_one(source: str, lines: Sequence[Line]) -> tuple[list[Any], Failed | None]:
    """Where a process died at many lines, or in a used context: which line is it, and does it again?"""
    found: list[Any] = []
    for line in lines:
        points, failure = _call(None, source, [line])
        if failure:
            return found, failure
        found += points
    return found, None


def _problem(line: Line, result: object) -> Failed | None:
    most = max(MOST_POINTS, line[1] * MOST_A_YUAN)
    if isinstance(result, int | float) and type(result) is not bool and 0 <= result <= most:  # NaN is neither
        return None
    return Failed(_("It gave %(result)s; 0 to %(most)s is possible.") % {"result": result, "most": f"{most:,.0f}"})


def _ended(death: processes.Died) -> Failed:
    if death.by_time:
        return _failure("time", "")
    return LimitReached(_("It ended the process that ran it."))


def _failure(kind: str, text: str, line: int | None = None) -> Failed:
    match kind:
        case "time":
            return LimitReached(_("It did not finish in %(ms)s ms.") % {"ms": round(TIME_S * 1000)})
        case "memory":
            return LimitReached(_("It needs more than %(mb)s MB.") % {"mb": MEMORY_BYTES // 2**20})
        case "stack":
            return LimitReached(_("Its calls are nested too deeply."))
        case "function":
            return NotAScript(_("It defines no function %(name)s.") % {"name": FUNCTION})
        case "number":
            return Failed(_("It gave no number."))
    text = _in_words(text)
    return Failed(_("Line %(line)s: %(text)s") % {"line": line, "text": text} if line else text)


def _in_words(text: str) -> str:
    """What the engine reports: the kind of error in the language of the page, its details in brackets."""
    kind, _colon, details = text.partition(": ")
    return f"{_(ERRORS[kind])} ({details})" if kind in ERRORS else text
