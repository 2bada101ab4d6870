"""A ledger of ten million entries: the cost of reading it, of auditing it, and the disk space of a spend.

Accounts have 50 entries each, written by ``bench._books`` in a way that the audit accepts.
"""

import random

import psycopg

from bench import _books, _database, _rounds

ENTRIES = 50  # of each account
SMALL = 200  # accounts: 10 thousand entries
TENTH, PROVEN, ALL = (max(2 * SMALL, _database.scaled(10_000)) * times for times in (1, 10, 20))
READS = 1_500
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
    """The rows of ``make bench``. The ledger grows step by step, so the sizes cannot take turns."""
    with _database.mall_database("bench_bank") as url:
        seconds = _books.fill(url, first=1, last=SMALL, entries=ENTRIES)
        few = _reads(url, SMALL)
        seconds += _books.fill(url, first=SMALL + 1, last=TENTH, entries=ENTRIES)
        tenth = [_database.audit(url) for _ in range(_rounds.ROUNDS)]
        seconds += _books.fill(url, first=TENTH + 1, last=PROVEN, entries=ENTRIES)
        whole = [_database.audit(url) for _ in range(_rounds.ROUNDS)]
        seconds += _books.fill(url, first=PROVEN + 1, last=ALL, entries=ENTRIES)
        many = _reads(url, ALL)
        disk = _database_size(url)
    filled = f"{ALL * ENTRIES:,} entries, {disk / 2**30:.1f} GB, written in {seconds:.0f} s"
    return [*_read_rows(few, many, filled), *_audit_rows(tenth, whole), _size_row()]


def _reads(url, accounts):
    """``{act: [median ms of each run]}``"""
    runs = [_database.measure("reads", 1, accounts, READS, url=url) for _ in range(_rounds.ROUNDS)]
    return {name: [run[name] for run in runs] for name in runs[0]}


def _read_rows(few, many, filled):
    names = {
        "balance": "bank: balance of a member",
        "history": "bank: newest page of history",
        "older": "bank: older page of one kind",
    }
    return [
        _rounds.time_row(
            name,
            many[act],
            few[act],
            f"ms at {ALL * ENTRIES:,} entries against {SMALL * ENTRIES:,}",
            f"{READS} random members; {filled}",
            0.77,
        )
        for act, name in names.items()
    ]


def _audit_rows(tenth, whole):
    entries, accounts = PROVEN * ENTRIES, f"{PROVEN:,} accounts against {TENTH:,}"
    took = {"whole": [seconds for seconds, _mb in whole], "tenth": [seconds for seconds, _mb in tenth]}
    return [
        _rounds.rate_row(
            "bank: audit",
            [entries / seconds for seconds in took["whole"]],
            [TENTH * ENTRIES / seconds for seconds in took["tenth"]],
            "entries/s against those of a tenth of the ledger",
            f"{accounts}; {entries:,} entries in {_rounds.spread(took['whole'], ' s')}",
        ),
        _rounds.time_row(
            "bank: most memory of the audit",
            [mb for _seconds, mb in whole],
            [mb for _seconds, mb in tenth],
            "MB against a tenth of the ledger",
            f"{accounts}; the command's process, PostgreSQL sorts within work_mem and on disk; 1 = does not grow",
            0.9,
        ),
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
    return _rounds.time_row(
        "bank: a spend on disk",
        [float(after - before) / SPENDS],
        [PGLEDGER_BYTES],
        "bytes in all tables and indexes against what pgledger reports for a transfer",
        f"{SPENDS:,} spends of {SPENDERS:,} members in random order; {float(packed - before) / SPENDS:.0f} after"
        " VACUUM FULL",
    )
