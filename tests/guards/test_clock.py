"""The domain is told what time it is: below views, tasks and commands nothing reads a clock (``at=`` is passed in)."""

import ast

import pytest

from tests.guards.sources import packages, sources

BELOW = ("services", "queries", "rules", "states", "models", "parameters")
CLOCKS = {"now", "localdate", "localtime", "today", "utcnow", "time"}  # a monotonic clock says how long, not when
HOLDERS = {"clock", "timezone", "datetime", "date", "time"}
# What has nobody above it who could say when.
EXCUSED = {
    "accounts/models.py",  # createsuperuser makes a user without saying when
    "points/earning/services/scripts.py",  # a script failed in the middle of a booking
}


def findings(source):
    """Lines that ask what time it is. ``localdate(at)`` and ``localtime(at)`` only turn a moment into the shop's."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS):
            continue
        is_clock = isinstance(node.func.value, ast.Name) and node.func.value.id in HOLDERS
        if is_clock and not (node.func.attr in {"localdate", "localtime"} and node.args):
            yield node.lineno


def is_below(name):
    """Whether a file, or a folder that it is in, is one of a layer below the views."""
    parts = set(name.removesuffix(".py").split("/")[1:])
    return bool(parts & set(BELOW)) and not parts & {"views", "management", "admin", "api"}


def test_nothing_below_the_views_reads_a_clock():
    found = [
        f"{name}:{line}"
        for name, source in sources(packages())
        if is_below(name) and name not in EXCUSED
        for line in findings(source)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    ["at = clock.now()", "timezone.now()", "datetime.now(UTC)", "date.today()", "timezone.localdate()", "time.time()"],
)
def test_each_way_of_reading_it_is_seen(source):
    assert list(findings(source)) == [1]


@pytest.mark.parametrize("source", ["timezone.localdate(at)", "timezone.localtime(at)", "at.time()", "self.now()"])
def test_a_moment_that_was_passed_in_is_no_clock(source):
    assert list(findings(source)) == []


def test_every_layer_below_the_views_is_looked_at():
    looked_at = [name for name, _source in sources(packages()) if is_below(name)]
    for name in ("points/earning/services/review.py", "orders/placing/services/placing.py", "points/tiers/rules.py"):
        assert name in looked_at
