"""Shared by all measurements: temporary databases, and processes that begin together.

The big ones are measured at a fifth of their size, so that the whole takes less than half an hour; ``BENCH_SCALE=1``
measures them in full. Their notes say the size.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

PROJECT = Path(__file__).resolve().parent.parent
SCALE = float(os.environ.get("BENCH_SCALE", "0.2"))

MEMBERS = (
    "INSERT INTO accounts_user (id, password, is_superuser, username, phone_verified, nickname, is_staff, is_active,"
    " date_joined) SELECT n, '', false, 'bench' || n, false, '', false, true, now()"
    " FROM generate_series(%s::bigint, %s::bigint) n"
)


def scaled(size):
    """The size to measure at, at least 1."""
    return max(1, round(size * SCALE))


@contextmanager
def scratch_database(name, template="template1"):
    """The URL of a new database next to the mall's own, always dropped at the end."""
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def mall_database(name):
    """The URL of a scratch database with the mall's tables."""
    with scratch_database(name) as url:
        run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], url=url)
        yield url


def environment(url):
    """The environment for processes that work on a scratch database."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "pointsmall.settings",
        "MALL_ENV": "test",
        "DEBUG": "false",
    }


def run(command, *, url):
    """The output of a program; raises if it fails."""
    return subprocess.run(
        command, cwd=PROJECT, env=environment(url), check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def add_members(connection, first, last):
    """Members with the ids ``first`` to ``last``, and nothing else."""
    connection.execute(MEMBERS, [first, last])


def start(module, *arguments, url, errors=None):
    """A process ``python -m module arguments``; it calls ``begin_together`` when it is ready. ``errors`` is where its
    standard error goes."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=PROJECT,
        env=environment(url),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def go(processes):
    """Let all processes begin at once when the last of them is ready."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()


def results(processes, timeout_s):
    """The final output of each process."""
    printed = [process.communicate("stop\n", timeout=timeout_s)[0] for process in processes]
    assert {process.returncode for process in processes} == {0}
    return printed


def measure(act, *arguments, url, timeout_s=1200):
    """The result of an act of ``bench._work`` in a separate process."""
    processes = [start("bench._work", act, *arguments, url=url)]
    go(processes)
    return json.loads(results(processes, timeout_s)[0])


def begin_together():
    """In a process: say that it is ready, wait for ``go``."""
    print("ready", flush=True)
    sys.stdin.readline()


def audit(url):
    """Audit a scratch ledger by the command in a separate process; raises if it finds a break. Returns seconds and the
    peak memory of the process in MB. Statistics are fresh, as autovacuum keeps them."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "audit_points", "--json"],
        cwd=PROJECT,
        env=environment(url),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process.stdout:
        report = json.loads(process.stdout.read())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert report["breaks"] == [], report["breaks"][:5]
    return time.perf_counter() - begun, used.ru_maxrss / 1024
