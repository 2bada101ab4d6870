"""The cost of a file of points, from its bytes to the last entry, compared with one call per member."""

import tempfile
from pathlib import Path

import psycopg

from bench import _database, _rounds

LINES = _database.scaled(100_000)
SINGLE = max(1, LINES // 10)  # enough to know the rate


def rows():
    """The row of ``make bench``: lines a second, each round for new members."""
    with _database.mall_database("bench_grants") as url, tempfile.TemporaryDirectory() as folder:
        rounds = [_round(url, folder, 1 + number * (LINES + SINGLE)) for number in range(_rounds.ROUNDS)]
        _database.audit(url)
    grants, singles, checks = zip(*rounds, strict=True)
    return [
        _rounds.rate_row(
            "grant: a file of points",
            grants,
            singles,
            "lines/s against one call a member",
            f"{LINES:,} lines for members without an account yet, checked first in {_rounds.spread(checks, ' s')}",
        )
    ]


def _round(url, folder, first):
    """``(lines a second, calls a second, seconds of checking)`` with the members from ``first`` on."""
    with psycopg.connect(url, autocommit=True) as connection:
        _database.add_members(connection, first, first + LINES + SINGLE - 1)
        connection.execute("ANALYZE")
    path = Path(folder, f"{first}.csv")
    members = range(first, first + LINES)
    path.write_text("member,points\n" + "".join(f"#{member},50\n" for member in members))
    grant = _database.measure("grant", path, url=url)
    assert grant["granted"] == LINES, grant
    single = _database.measure("one_by_one", first + LINES, first + LINES + SINGLE - 1, url=url)
    return LINES / grant["seconds"], SINGLE / single["seconds"], grant["check_seconds"]
