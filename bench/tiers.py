"""What tiers cost: beside each earning, in the nightly review, and when staff change a threshold.

The reference of the set-based runs is the bare sum over the same window, without judging or writing anything.
"""

import json
import sys

import psycopg

from bench import _books, _database

MEMBERS = _database.scaled(20_000)
ENTRIES = 12  # of each member, one every 30 days: 3,840 points in the window, enough for silver and not for gold
DRAFT = """SELECT 'purchase' AS kind, 320 AS points, 320 * p_seq AS balance_after,
    timestamptz '2025-11-24 00:00+08' + p_seq * interval '30 days' AS at, NULL::timestamptz AS expires_at"""


def rows():
    """The rows of ``make bench``: members a second, and milliseconds beside an earning."""
    with _database.mall_database("bench_tiers") as url:
        _books.fill(url, first=1, last=MEMBERS, entries=ENTRIES, draft=DRAFT)
        _execute(url, "VACUUM ANALYZE points_entry")
        bare = min(_work("bare", url)["seconds"] for _ in range(2))
        risen = _work("recompute", url)
        assert risen["turns"] == MEMBERS
        far = _work("consider", url)
        # As if they had earned much before the window: it could be enough for gold, so the window is summed up.
        _execute(url, "UPDATE points_account SET lifetime_earned = 9000")
        near = _work("consider", url)
        # Everybody is due on one night, and has too few: each gets a grace and a notice, the most there can be.
        _execute(url, "UPDATE points_member_tier SET tier = 'gold', review_on = '2026-11-22'")
        warned = _work("evaluate", url)
        assert warned["turns"] == MEMBERS
    size = f"{MEMBERS:,} members with {ENTRIES} entries each"
    return [
        _rate("tiers: everybody rises after a change of figures", risen, bare, size),
        _rate("tiers: everybody is reviewed and told in one night", warned, bare, size),
        _beside("tiers: judging beside an earning, far from the next tier", far, "what was ever earned tells it"),
        _beside("tiers: judging beside an earning, near the next tier", near, f"{ENTRIES} entries are summed up"),
    ]


def _rate(name, done, bare, size):
    return {
        "name": name,
        "ours": round(MEMBERS / done["seconds"]),
        "reference": round(MEMBERS / bare),
        "unit": "members/s against the bare sum of their points",
        "ratio": round(bare / done["seconds"], 2),
        "note": f"{size}, {done['seconds']:.0f} s in transactions of 250, the longest {done['longest_ms']:.0f} ms",
    }


def _beside(name, done, how):
    return {
        "name": name,
        "ours": round(done["judged_ms"], 3),
        "reference": round(done["earned_ms"], 3),
        "unit": "ms against the earning itself",
        "ratio": round(done["earned_ms"] / done["judged_ms"], 2),
        "note": f"{done['calls']:,} earnings in one process, in the same transaction; {how}",
    }


def _work(what, url):
    return json.loads(_database.run([sys.executable, "-m", "bench._tiers", what, str(MEMBERS)], url=url))


def _execute(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
