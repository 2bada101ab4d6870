"""A ledger of ten million entries: what a look at it costs, what its proof costs, and what a spend leaves on disk.

Accounts have 50 entries each, written by ``bench._books`` such that the audit accepts them.
"""

import random

import psycopg

from bench import _books, _database

ENTRIES = 50  # of each account
SMALL = 200  # accounts: 10 thousand entries
TENTH, PROVEN, ALL = (max(2 * SMALL, _database.scaled(10_000)) * times for times in (1, 10, 20))
READS = 1_500
RUNS = 3
SPENDERS, SPENDS = 2_000, 40_000
PGLEDGER_BYTES = 743  # what that project reports for a transfer, all tables and indexes

SIZE = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace
AND relname IN ('points_account', 'points_entry', 'points_lot', 'points_hold', 'points_allocation')
"""
SPEND = """
SELECT ledger_spend(member, 1, 'redeem', 'order:20261120' || n || ':points', 'member:' || member, now(),
    'order:20261120' || n, '')
FROM unnest(%s::bigint[], %s::integer[]) AS s (member, n)
"""


def rows():
    """The rows of ``make bench``; the ledger grows from step to step."""
    with _database.mall_database("bench_bank") as url:
        seconds = _books.fill(url, first=1, last=SMALL, entries=ENTRIES)
        few = _reads(url, SMALL)
        seconds += _books.fill(url, first=SMALL + 1, last=TENTH, entries=ENTRIES)
        tenth = [_database.audit(url) for _ in range(RUNS)]
        seconds += _books.fill(url, first=TENTH + 1, last=PROVEN, entries=ENTRIES)
        whole = [_database.audit(url) for _ in range(RUNS)]
        seconds += _books.fill(url, first=PROVEN + 1, last=ALL, entries=ENTRIES)
        many = _reads(url, ALL)
        disk = _database_size(url)
    filled = f"{ALL * ENTRIES:,} entries, {disk / 2**30:.1f} GB, written in {seconds:.0f} s"
    return [*_read_rows(few, many, filled), *_audit_rows(tenth, whole), _size_row()]


def _reads(url, accounts):
    """``{act: [median ms of each run]}``"""
    runs = [_database.measure("reads", 1, accounts, READS, url=url) for _ in range(RUNS)]
    return {name: [run[name] for run in runs] for name in runs[0]}


def _read_rows(few, many, filled):
    names = {
        "balance": "bank: balance of a member",
        "history": "bank: newest page of history",
        "older": "bank: older page of one kind",
    }
    return [
        {
            "name": name,
            "ours": round(_database.median(many[act]), 3),
            "reference": round(_database.median(few[act]), 3),
            "unit": f"ms at {ALL * ENTRIES:,} entries against {SMALL * ENTRIES:,}",
            "ratio": round(_database.median(few[act]) / _database.median(many[act]), 2),
            "note": f"{READS} random members, medians of {RUNS}; {_database.spread(many[act])}"
            f" against {_database.spread(few[act])}; {filled}; target 0.77 (1.3 times the time)",
        }
        for act, name in names.items()
    ]


def _audit_rows(tenth, whole):
    (few_s, few_mb), (all_s, all_mb) = (
        tuple(map(_database.median, zip(*runs, strict=True))) for runs in (tenth, whole)
    )
    entries = PROVEN * ENTRIES
    note = f"{PROVEN:,} accounts, against {TENTH:,}, medians of {RUNS}"
    return [
        {
            "name": "bank: audit",
            "ours": round(all_s, 1),
            "reference": round(few_s, 1),
            "unit": f"s for {entries:,} entries against {TENTH * ENTRIES:,}",
            "ratio": round(few_s / all_s, 2),
            "note": f"{note}; runs {_database.spread([seconds for seconds, _ in whole], ' s')};"
            f" {entries / all_s:,.0f} entries a second",
        },
        {
            "name": "bank: most memory of the audit",
            "ours": round(all_mb, 1),
            "reference": round(few_mb, 1),
            "unit": f"MB for {entries:,} entries against {TENTH * ENTRIES:,}",
            "ratio": round(few_mb / all_mb, 2),
            "note": f"{note}; the command's process, PostgreSQL sorts within work_mem and on disk; 1 = does not grow",
        },
    ]


def _database_size(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT pg_database_size(current_database())").fetchone()[0]


def _size_row():
    """What ``SPENDS`` spends of ``SPENDERS`` members in random order leave, after PostgreSQL cleaned up as it does."""
    dice = random.Random(1)
    with _database.mall_database("bench_size") as url, psycopg.connect(url, autocommit=True) as connection:
        _books.fill(url, first=1, last=SPENDERS, entries=1)
        before = connection.execute(SIZE).fetchone()[0]
        for begin in range(0, SPENDS, 100):  # each a transaction, so that dead row versions are reused as in the mall
            numbers = list(range(begin, begin + 100))
            connection.execute(SPEND, [[dice.randint(1, SPENDERS) for _ in numbers], numbers])
        connection.execute("VACUUM")
        after = connection.execute(SIZE).fetchone()[0]
        connection.execute("VACUUM FULL")
        packed = connection.execute(SIZE).fetchone()[0]
    size = float(after - before) / SPENDS
    return {
        "name": "bank: a spend on disk",
        "ours": round(size),
        "reference": PGLEDGER_BYTES,
        "unit": "bytes in all tables and indexes against what pgledger reports for a transfer",
        "ratio": round(PGLEDGER_BYTES / size, 2),
        "note": f"{SPENDS:,} spends of {SPENDERS:,} members in random order;"
        f" {float(packed - before) / SPENDS:.0f} after VACUUM FULL",
    }
