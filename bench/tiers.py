"""The cost of tiers: on each earning, in the nightly review, and when staff change a threshold.

The reference of the set-based runs is the bare sum over the same window, without judging or writing anything. Each act
changes the data for the next one, so a round runs them all on a copy of the database.
"""

import json
import sys

import psycopg

from bench import _books, _database, _rounds

MEMBERS = _database.scaled(20_000)
ENTRIES = 12  # of each member, one every 30 days: 3,840 points in the window, enough for silver and not for gold
DRAFT = """SELECT 'purchase' AS kind, 320 AS points, 320 * p_seq AS balance_after,
    timestamptz '2025-11-24 00:00+08' + p_seq * interval '30 days' AS at, NULL::timestamptz AS expires_at"""


def rows():
    """The rows of ``make bench``: members per second, and extra milliseconds per earning."""
    with _database.mall_database("bench_tiers") as url:
        _books.fill(url, first=1, last=MEMBERS, entries=ENTRIES, draft=DRAFT)
        _execute(url, "VACUUM ANALYZE points_entry")
        rounds = [_round() for _ in range(_rounds.ROUNDS)]
    found = {name: [act[name] for act in rounds] for name in rounds[0]}
    return [
        _rate("tiers: everybody rises after a change of figures", found["risen"], found["bare"]),
        _rate("tiers: everybody is reviewed and told in one night", found["warned"], found["bare"]),
        _beside("tiers: judging beside an earning, far from the next", found["far"], "what was ever earned tells it"),
        _beside("tiers: judging beside an earning, near the next", found["near"], f"{ENTRIES} entries are summed up"),
    ]


def _round():
    """``{act: its result}``"""
    with _database.scratch_database("bench_tiers_copy", template="bench_tiers") as url:
        found = {"bare": _work("bare", url), "risen": _work("recompute", url), "far": _work("consider", url)}
        # As if they had earned a lot before the window: it could be enough for gold, so the window must be summed up.
        _execute(url, "SET ROLE points_ledger; UPDATE points_account SET lifetime_earned = 9000")
        found["near"] = _work("consider", url)
        # Everybody is due on one night and has too few points: each gets a grace period and a notice, the worst case.
        _execute(url, "UPDATE points_member_tier SET tier = 'gold', review_on = '2026-11-22'")
        found["warned"] = _work("evaluate", url)
    assert found["risen"]["turns"] == found["warned"]["turns"] == MEMBERS
    return found


def _rate(name, done, bare):
    longest = max(run["longest_ms"] for run in done)
    return _rounds.rate_row(
        name,
        [MEMBERS / run["seconds"] for run in done],
        [MEMBERS / run["seconds"] for run in bare],
        "members/s against the bare sum of their points",
        f"{MEMBERS:,} members with {ENTRIES} entries each, in transactions of 250, the longest {longest:.0f} ms",
    )


def _beside(name, done, how):
    return _rounds.time_row(
        name,
        [run["judged_ms"] for run in done],
        [run["earned_ms"] for run in done],
        "ms against the earning itself",
        f"{done[0]['calls']:,} earnings in one process, in the same transaction; {how}",
    )


def _work(what, url):
    return json.loads(_database.run([sys.executable, "-m", "bench._tiers", what, str(MEMBERS)], url=url))


def _execute(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
