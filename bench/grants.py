"""What a file of points costs, from its bytes to the last entry, beside one call a member."""

import tempfile
from pathlib import Path

import psycopg

from bench import _database

LINES = _database.scaled(100_000)
SINGLE = max(1, LINES // 10)  # enough to know the rate
RUNS = 3


def rows():
    """The row of ``make bench``: lines a second, medians of ``RUNS`` runs, each for new members."""
    grants, singles, checks = [], [], []
    with _database.mall_database("bench_grants") as url, tempfile.TemporaryDirectory() as folder:
        for run in range(RUNS):
            first = 1 + run * (LINES + SINGLE)
            with psycopg.connect(url, autocommit=True) as connection:
                _database.add_members(connection, first, first + LINES + SINGLE - 1)
                connection.execute("ANALYZE")
            path = Path(folder, f"{run}.csv")
            members = range(first, first + LINES)
            path.write_text("member,points\n" + "".join(f"#{member},50\n" for member in members))
            grant = _database.measure("grant", path, url=url)
            assert grant["granted"] == LINES, grant
            grants.append(LINES / grant["seconds"])
            checks.append(grant["check_seconds"])
            single = _database.measure("one_by_one", first + LINES, first + LINES + SINGLE - 1, url=url)
            singles.append(SINGLE / single["seconds"])
        _database.audit(url)
    ours, reference = _database.median(grants), _database.median(singles)
    return [
        {
            "name": "grant: a file of points",
            "ours": round(ours),
            "reference": round(reference),
            "unit": "lines/s against one call a member",
            "ratio": round(ours / reference, 2),
            "note": f"{LINES:,} lines for members without an account yet, checked first"
            f" ({_database.median(checks):.1f} s of {LINES / ours:.1f} s), medians of {RUNS};"
            f" ours {_database.spread(grants)}, calls {_database.spread(singles)}",
        }
    ]
