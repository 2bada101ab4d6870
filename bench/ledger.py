"""The cost of a posting, compared with a transaction of PostgreSQL's own benchmark.

Both run on one server, in a scratch database, in turns: ``pgbench``'s TPC-B-like transaction with prepared statements
and eight clients, then eight processes that post through ``points.ledger`` on Django's connection, a random account
each time.
"""

import os
import random
import sys
import time

import psycopg

from bench import _database, _pgbench, _rounds

DATABASE = "bench_ledger"
CLIENTS = 8
ACCOUNTS = 5_000
LOTS = 4
RUN_S = 3
WARM = 20

EARN = """
SELECT ledger_earn(account, 100000000, 'campaign', 'lot:' || n, 'system:bench', now(), '', '',
    now() + n * interval '30 days', now(), '', NULL)
FROM generate_series(1, %s) account, generate_series(1, %s) n
"""
ROWS = {
    "spend": ("ledger: spend", "one call", 0.9),
    "earn": ("ledger: earn", "one call", 0.9),
    "hold_capture": ("ledger: hold and capture", "two calls, counted as one", None),
    "refund": ("ledger: spend and refund", "two calls, counted as one", None),
}


def rows():
    """The rows of ``make bench``: operations a second."""
    acts = {}
    with _database.mall_database(DATABASE) as url:
        _fill(url)
        for operation in ROWS:  # each with its own run of pgbench
            acts[f"pgbench beside {operation}"] = lambda: _pgbench.tps(url, clients=CLIENTS, seconds=RUN_S)
            acts[operation] = lambda operation=operation: _operations_a_second(url, operation)
        found = _rounds.interleaved(acts)
    return [
        _rounds.rate_row(
            name,
            found[operation],
            found[f"pgbench beside {operation}"],
            "operations/s against pgbench TPC-B-like transactions/s",
            f"{how}; {CLIENTS} processes against {CLIENTS} clients, {RUN_S} s each",
            target,
        )
        for operation, (name, how, target) in ROWS.items()
    ]


def _fill(url):
    """Members with a few lots each, made by the ledger's own function; and pgbench's tables."""
    with psycopg.connect(url, autocommit=True) as connection:
        _database.add_members(connection, 1, ACCOUNTS)
        connection.execute(EARN, [ACCOUNTS, LOTS])
        connection.execute("VACUUM ANALYZE")
    _pgbench.fill(url)


def _operations_a_second(url, operation):
    workers = [_database.start("bench.ledger", operation, url=url) for _ in range(CLIENTS)]
    _database.go(workers)
    return sum(map(float, _database.results(workers, RUN_S + 60)))


# In the processes


def _work(operation):
    import django  # noqa: PLC0415 - the one who starts the processes needs none of it

    django.setup()
    from core import clock  # noqa: PLC0415 - after setup()
    from points import ledger  # noqa: PLC0415 - after setup()

    def spend(account, key):
        ledger.spend(account=account, points=7, kind="redeem", key=key, by="member:1", at=clock.now(), source="order:1")

    def earn(account, key):
        ledger.earn(
            account=account, points=7, kind="purchase", key=key, by="member:1", at=clock.now(), source="order:1"
        )

    def hold_capture(account, key):
        ledger.hold(account=account, points=7, key=key, by="member:1", at=clock.now(), source="order:1")
        ledger.capture(account=account, hold=key, key=f"{key}:paid", by="member:1", at=clock.now())

    def refund(account, key):
        spend(account, key)
        ledger.refund(account=account, spent=key, points=7, key=f"{key}:back", by="staff:1", at=clock.now())

    act = {"spend": spend, "earn": earn, "hold_capture": hold_capture, "refund": refund}[operation]
    run = f"{os.getpid()}:{time.time_ns()}"
    for n in range(WARM):
        act(random.randint(1, ACCOUNTS), f"warm:{run}:{n}")
    _database.begin_together()
    begun = time.perf_counter()
    done = 0
    while (passed := time.perf_counter() - begun) < RUN_S:
        act(random.randint(1, ACCOUNTS), f"{run}:{done}")
        done += 1
    print(done / passed)


if __name__ == "__main__":
    _work(sys.argv[1])
