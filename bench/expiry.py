"""The cost of the daily expiry run, compared with a bare SQL script that does the same work.

The script is one transaction of set-based statements: the same entries with the same hash chain, allocations, lots and
accounts, for all accounts at once. Unlike the mall it may lock everybody out until it ends. Both work on copies of one
database. A separate run measures how long a spender waits meanwhile.
"""

import json
import time

import psycopg

from bench import _books, _database, _rounds

ACCOUNTS = _database.scaled(100_000)
LOTS = 5  # of each account that have ended; a sixth never ends
AT = "2026-11-01T00:00:00+08:00"
ALLOWED_MS = 500

ENDING = f"""SELECT 'purchase' AS kind, 35 AS points, 35 * p_seq AS balance_after,
    timestamptz '2026-01-01 00:00+08' + p_seq * interval '3 hours' AS at,
    CASE WHEN p_seq <= {LOTS} THEN timestamptz '2026-10-01 00:00+08' + p_seq * interval '1 day' END AS expires_at"""

BARE = (
    "SET ROLE points_ledger",
    """
CREATE TEMP TABLE due ON COMMIT DROP AS
SELECT l.account_id, l.seq AS lot, l.remaining, row_number() OVER w AS n, a.last_seq + row_number() OVER w AS seq,
    a.unspent + a.held - a.debt - sum(l.remaining) OVER w AS balance
FROM points_lot l JOIN points_account a USING (account_id)
WHERE l.open AND l.expires_at <= %(at)s::timestamptz
WINDOW w AS (PARTITION BY l.account_id ORDER BY l.expires_at, l.active_from, l.seq)
""",
    "ANALYZE due",
    """
WITH RECURSIVE chain AS (
    SELECT account_id, 0::bigint AS n, head AS hash FROM points_account
    UNION ALL
    SELECT d.account_id, d.n, points_entry_hash(
        c.hash, d.account_id, d.seq::integer, 'expire', -d.remaining, d.balance::bigint, %(at)s::timestamptz,
        'expire:' || d.lot, '', '', 'system:bench', '', NULL, NULL, NULL, NULL, NULL
    )
    FROM chain c JOIN due d ON d.account_id = c.account_id AND d.n = c.n + 1
)
INSERT INTO points_entry (
    account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, hash
)
SELECT account_id, d.seq, 'expire', -d.remaining, d.balance, %(at)s::timestamptz, 'expire:' || d.lot, '', '',
    'system:bench', '', c.hash
FROM due d JOIN chain c USING (account_id, n)
""",
    """
INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
SELECT account_id, seq, 1, lot, remaining, 0 FROM due
""",
    "UPDATE points_lot SET remaining = 0 WHERE open AND expires_at <= %(at)s::timestamptz",
    """
UPDATE points_account a SET last_seq = e.seq, head = e.hash, unspent = e.balance_after - a.held + a.debt
FROM (
    SELECT DISTINCT ON (account_id) account_id, seq, balance_after, hash FROM points_entry
    WHERE kind = 'expire' ORDER BY account_id, seq DESC
) e
WHERE e.account_id = a.account_id
""",
)


def rows():
    """The rows of ``make bench``: lots a second, and the longest wait of a spender."""
    with _database.mall_database("bench_expiry") as url:
        _books.fill(url, first=1, last=ACCOUNTS, entries=LOTS + 1, draft=ENDING)
        found = _rounds.interleaved({"ours": _ours, "bare": _bare})
        waits = [_spend_meanwhile() for _ in range(_rounds.ROUNDS)]
    lots = f"{ACCOUNTS * LOTS:,} lots of {ACCOUNTS:,} accounts"
    return [
        _rounds.rate_row(
            "expiry: booking out ended lots",
            found["ours"],
            found["bare"],
            "lots/s against one bare set-based SQL script",
            f"{lots}, with the same hash chain and keys",
            0.8,
        ),
        _rounds.time_row(
            "expiry: longest wait of a spender",
            [wait["longest_ms"] for wait in waits],
            [ALLOWED_MS] * len(waits),
            "ms while the run goes on, against what is allowed",
            f"{waits[0]['calls']:,} spends of random members during a run over {lots}; their median"
            f" {waits[0]['median_ms']:.2f} ms",
            1,
        ),
    ]


def _copy():
    return _database.scratch_database("bench_expiry_copy", template="bench_expiry")


def _ours():
    with _copy() as url:
        swept = _database.measure("sweep", AT, url=url)
    assert swept["lots"] == ACCOUNTS * LOTS
    return swept["lots"] / swept["seconds"]


def _bare():
    with _copy() as url, psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        begun = time.perf_counter()
        for statement in BARE:
            connection.execute(statement, {"at": AT})
        connection.commit()
        return ACCOUNTS * LOTS / (time.perf_counter() - begun)


def _spend_meanwhile():
    with _copy() as url:
        spender = _database.start("bench._work", "spender", 1, ACCOUNTS, url=url)
        sweep = _database.start("bench._work", "sweep", AT, url=url)
        _database.go([spender, sweep])
        _database.results([sweep], 1200)
        wait = json.loads(_database.results([spender], 60)[0])
        _database.audit(url)  # fail rather than report the speed of something wrong
    return wait
