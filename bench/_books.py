"""Big ledgers, written by set-based SQL straight into the tables of a scratch database, in a way that the audit
accepts: numbers, running balances, lots, allocations, caches and hash chains are as after real postings."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from bench import _database

WRITERS = 2  # connections that fill at once
EARN_EVERY = 5  # the first entry of each account and every fifth after it earn; the others spend from the first lot

# A drafted entry without its hash, defined once for the chain and for the row.
DRAFT = """
CREATE OR REPLACE FUNCTION bench_draft(p_account bigint, p_seq integer) RETURNS TABLE (
    kind text, points integer, balance_after bigint, at timestamptz, key text, source text, reason text, by text,
    rule_version text, active_from timestamptz, expires_at timestamptz
) LANGUAGE sql STABLE AS $$
    SELECT d.kind, d.points, d.balance_after, d.at, 'order:' || d.kind || ':' || p_seq,
        'order:2026112' || lpad(p_seq::text, 6, '0'), '', 'member:' || p_account, '',
        CASE WHEN d.points > 0 THEN d.at END, d.expires_at
    FROM ({draft}) d
$$
"""
YEAR = f"""SELECT
    CASE WHEN p_seq % {EARN_EVERY} = 1 THEN 'purchase' ELSE 'redeem' END AS kind,
    CASE WHEN p_seq = 1 THEN 1000000 WHEN p_seq % {EARN_EVERY} = 1 THEN 35 ELSE -7 END AS points,
    1000000 + 35 * ((p_seq - 1) / {EARN_EVERY}) - 7 * (p_seq - 1 - (p_seq - 1) / {EARN_EVERY}) AS balance_after,
    timestamptz '2026-01-01 00:00+08' + p_seq * interval '3 hours' AS at, NULL::timestamptz AS expires_at"""
# Round after round, the next entry of every account: on disk the accounts are interleaved, as after a real year.
ENTRIES = """
WITH RECURSIVE chain AS (
    SELECT account_id, 0 AS seq, ''::bytea AS hash FROM generate_series(%(first)s::bigint, %(last)s::bigint) account_id
    UNION ALL
    SELECT c.account_id, c.seq + 1, points_entry_hash(
        c.hash, c.account_id, c.seq + 1, d.kind, d.points, d.balance_after, d.at, d.key, d.source, d.reason, d.by,
        d.rule_version, NULL, d.active_from, d.expires_at, NULL, NULL
    )
    FROM chain c CROSS JOIN LATERAL bench_draft(c.account_id, c.seq + 1) d WHERE c.seq < %(entries)s
)
INSERT INTO points_entry (
    account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, active_from, expires_at,
    hash
)
SELECT c.account_id, c.seq, d.kind, d.points, d.balance_after, d.at, d.key, d.source, d.reason, d.by, d.rule_version,
    d.active_from, d.expires_at, c.hash
FROM chain c CROSS JOIN LATERAL bench_draft(c.account_id, c.seq) d WHERE c.seq > 0
"""
LOTS = """
INSERT INTO points_lot (account_id, seq, points, remaining, active_from, expires_at)
SELECT account_id, seq, points, points + CASE seq WHEN 1 THEN coalesce(spent, 0) ELSE 0 END, active_from, expires_at
FROM points_entry JOIN (
    SELECT account_id, sum(points) FILTER (WHERE points < 0) AS spent FROM points_entry
    WHERE account_id BETWEEN %(first)s AND %(last)s GROUP BY account_id
) s USING (account_id)
WHERE points > 0
"""
ALLOCATIONS = """
INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
SELECT account_id, seq, 1, 1, -points, 0 FROM points_entry
WHERE account_id BETWEEN %(first)s AND %(last)s AND points < 0
"""
ACCOUNTS = """
INSERT INTO points_account (
    account_id, last_seq, head, unspent, held, debt, lifetime_earned, pending_until, opened_at
)
SELECT account_id, seq, hash, balance_after, 0, 0, earned, at, opened_at
FROM points_entry JOIN (
    SELECT account_id, sum(points) FILTER (WHERE points > 0) AS earned, min(at) AS opened_at FROM points_entry
    WHERE account_id BETWEEN %(first)s AND %(last)s GROUP BY account_id
) s USING (account_id)
WHERE seq = %(entries)s
"""


def fill(url, *, first, last, entries, draft=YEAR):
    """Accounts ``first`` to ``last`` with ``entries`` entries each; returns how many seconds it took.

    ``draft`` selects ``kind``, ``points``, ``balance_after``, ``at`` and ``expires_at`` of entry ``p_seq``.
    """
    begun = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(DRAFT.format(draft=draft))
        _database.add_members(connection, first, last)
    share = -(-(last - first + 1) // WRITERS)
    parts = [(begin, min(begin + share - 1, last)) for begin in range(first, last + 1, share)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda part: _fill(url, *part, entries), parts))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return time.perf_counter() - begun


def _fill(url, first, last, entries):
    with psycopg.connect(url) as connection:
        # The audit checks the rows later, so foreign keys need not check each of them now.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET work_mem = '64MB'")
        for statement in (ENTRIES, LOTS, ALLOCATIONS, ACCOUNTS):
            connection.execute(statement, {"first": first, "last": last, "entries": entries})
