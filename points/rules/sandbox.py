"""JavaScript in a sandbox: time, memory and stack are limited, nothing outside can be reached (C7).

A context is made in 1 ms, kept warm in its thread, and costs 1 µs a call. Each thread has its own: QuickJS knows no
threads. A fork takes the contexts along, which is fine, for only the forking thread goes on. After any failure the
context is thrown away; a limit that was reached in a used context is tried once more in a fresh one, so that neither
what earlier calls left behind nor a machine that stood still for a moment counts against a script.
"""

import re
import threading
from collections import OrderedDict
from decimal import Decimal
from pathlib import Path

import quickjs
from django.utils.translation import gettext as _

TIME_S = 0.05
MEMORY_BYTES = 16 * 2**20
STACK_BYTES = 128 * 2**10
MOST_CHARACTERS = 20_000  # of a source
MOST_POINTS = 1_000_000  # of a line, or MOST_A_YUAN where that is more: beyond it is a mistake, not a reward
MOST_A_YUAN = 100
CONTEXTS = 8  # in one thread
FUNCTION = "calculatePoints"
PRELUDE = (Path(__file__).parent / "prelude.js").read_text()
LIMITS = ("interrupted", "out of memory", "stack overflow")

BIG_INTEGER = re.compile(r"\b(?:0[xob][0-9a-f_]+|[0-9][0-9_]*)n\b", re.IGNORECASE)
ZERO = Decimal(0)

_own = threading.local()


class Failed(Exception):
    """The script does not give a number of points; ``str()`` says why, for staff."""


class NotAScript(Failed):
    """The source cannot be read as JavaScript or defines no ``calculatePoints``."""


class LimitReached(Failed):
    """A limit was reached."""


def check(source):
    """Raises ``NotAScript`` when ``source`` has an error of syntax. Runs nothing of it."""
    if len(source) > MOST_CHARACTERS:
        raise NotAScript(_("It is longer than %(most)s characters.") % {"most": MOST_CHARACTERS})
    if FUNCTION not in source:
        raise NotAScript(_("It defines no function %(name)s.") % {"name": FUNCTION})
    if BIG_INTEGER.search(source):  # one operation of a few of them takes seconds that no limit interrupts
        raise NotAScript(_("It uses big integers (10n)."))
    context = _limited()
    context.set("source", source)
    try:
        # As the body of a function that nobody calls: parsed, not run.
        context.eval("new Function(source); undefined")
    except quickjs.JSException as error:
        raise NotAScript(_first_line(error)) from None


def call(key, source, tier, yuan, is_imported, **facts):
    """Points of one line as a ``Decimal``; raises ``Failed``. ``key`` names the source for the warm contexts of this
    thread; None keeps none."""
    warm = _warm()
    function = warm.get(key) if key is not None else None
    if function is not None:
        try:
            return _points(function, tier, yuan, is_imported, facts)
        except LimitReached:
            del warm[key]
        except Failed:
            del warm[key]
            raise
    try:
        function = _load(source)
        points = _points(function, tier, yuan, is_imported, facts)
    except LimitReached:
        function = _load(source)
        points = _points(function, tier, yuan, is_imported, facts)
    if key is not None:
        warm[key] = function
        if len(warm) > CONTEXTS:
            warm.popitem(last=False)
    return points


def _warm():
    try:
        return _own.warm
    except AttributeError:
        _own.warm = OrderedDict()
        return _own.warm


def _limited():
    context = quickjs.Context()
    context.set_memory_limit(MEMORY_BYTES)
    context.set_max_stack_size(STACK_BYTES)
    context.set_time_limit(TIME_S)
    return context


def _load(source):
    """``(function, make its fourth argument or None)`` of a fresh context in which the source has run."""
    context = _limited()
    try:
        context.eval(PRELUDE)
        context.eval(source)
        function = context.eval(f"typeof {FUNCTION} === 'function' ? {FUNCTION} : null")
    except quickjs.JSException as error:
        raise _failure(error) from None
    if function is None:
        raise NotAScript(_("It defines no function %(name)s.") % {"name": FUNCTION})
    takes_facts = context.eval(f"{FUNCTION}.length > 3 || /arguments/.test(String({FUNCTION}))")
    about = "(points, category, multiplier) => ({points, category, multiplier})"
    return function, context.eval(about) if takes_facts else None


def _points(function, tier, yuan, is_imported, facts):
    function, about = function
    try:
        if about is None:
            result = function(tier, yuan, is_imported)
        else:
            about = about(facts["points"], facts["category"], facts["multiplier"])
            result = function(tier, yuan, is_imported, about)
    except quickjs.JSException as error:
        raise _failure(error) from None
    if type(result) not in (int, float):
        raise Failed(_("It gave no number."))
    most = max(MOST_POINTS, yuan * MOST_A_YUAN)
    if not 0 <= result <= most:  # NaN is neither
        raise Failed(_("It gave %(result)s; 0 to %(most)s is possible.") % {"result": result, "most": f"{most:,.0f}"})
    return Decimal(repr(result)) if result else ZERO  # -0 is 0


def _failure(error):
    text = str(error)
    if "interrupted" in text:
        return LimitReached(_("It did not finish in %(ms)s ms.") % {"ms": round(TIME_S * 1000)})
    # With no memory left there is none for a message either.
    if "out of memory" in text or text.strip() == "null":
        return LimitReached(_("It needs more than %(mb)s MB.") % {"mb": MEMORY_BYTES // 2**20})
    if "call stack size" in text or "stack overflow" in text:
        return LimitReached(_("Its calls are nested too deeply."))
    return Failed(_first_line(error))


def _first_line(error):
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]
