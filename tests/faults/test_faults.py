"""Servers and workers are killed under load. What was acknowledged is there once, what was retried is there once,
what was refused is not there, and the books are right."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection

from accounts.models import User
from points import ledger
from points.ledger import audit, queries
from tests.faults.cluster import ROOT, Cluster
from tests.faults.worker import ACCOUNTS, AT

PATIENCE_S = 60

MEMBERS = (
    "INSERT INTO accounts_user (id, password, is_superuser, username, phone_verified, nickname, is_staff, is_active,"
    " date_joined) SELECT n, '', false, 'member' || n, false, '', false, true, now()"
    " FROM generate_series(%s::int, %s::int) n"
)
KEYS = """
SELECT key, account_id, seq, points FROM points_entry WHERE kind <> 'expire'
UNION ALL SELECT key, account_id, seq, points FROM points_hold
UNION ALL SELECT release_key, account_id, NULL, points FROM points_hold WHERE state = 'released'
"""


class Workers:
    """Processes of ``tests.faults.worker`` and their logs."""

    def __init__(self, cluster, folder, count):
        self.cluster, self.folder = cluster, folder
        folder.mkdir()
        self.processes = {number: self._start(number) for number in range(count)}

    def _start(self, number):
        with open(self.folder / f"{number}.stderr", "a") as stderr:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker", str(self.folder), str(number)],
                cwd=ROOT,
                env=self.cluster.environment,
                stderr=stderr,
            )

    def kill(self, number):
        """SIGKILL one, wherever it is, and start it again."""
        self.processes[number].send_signal(signal.SIGKILL)
        self.processes[number].wait()
        self.processes[number] = self._start(number)

    def wait_for_progress(self):
        """Until every worker got another step answered."""
        before = self._sizes()
        deadline = time.monotonic() + PATIENCE_S
        while any(size <= before[number] for number, size in self._sizes().items()):
            assert all(process.poll() is None for process in self.processes.values()), self._complaints()
            assert time.monotonic() < deadline, f"no progress: {before} {self._sizes()} {self._complaints()}"
            time.sleep(0.02)

    def finish(self):
        """Let each end its step; returns all answered steps."""
        (self.folder / "stop").touch()
        for process in self.processes.values():
            process.wait(timeout=PATIENCE_S)
        assert {process.returncode for process in self.processes.values()} == {0}, self._complaints()
        return [json.loads(line) for log in self.folder.glob("*.log") for line in log.read_text().splitlines()]

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()

    def _sizes(self):
        logs = {number: self.folder / f"{number}.log" for number in self.processes}
        return {number: log.stat().st_size if log.exists() else 0 for number, log in logs.items()}

    def _complaints(self):
        return "\n".join(path.read_text()[-2000:] for path in self.folder.glob("*.stderr"))


@pytest.mark.parametrize(
    ("kills", "count"), [pytest.param(3, 4, id="few"), pytest.param(24, 8, id="many", marks=pytest.mark.slow)]
)
def test_no_posting_is_lost_or_doubled(tmp_path, kills, count, capsys):
    dice = random.Random(f"{kills}:{count}")
    with Cluster() as cluster:
        with psycopg.connect(cluster.url) as database:
            database.execute(MEMBERS, [ACCOUNTS.start, ACCOUNTS.stop - 1])
        workers = Workers(cluster, tmp_path / "workers", count)
        try:
            for _ in range(kills):
                workers.wait_for_progress()
                time.sleep(dice.uniform(0.1, 0.8))
                cluster.kill()
                if dice.random() < 0.5:  # a worker that ends while the database is away
                    workers.kill(dice.randrange(count))
                cluster.start()
                time.sleep(dice.uniform(0, 0.2))
                workers.kill(dice.randrange(count))
            workers.wait_for_progress()
            steps = workers.finish()
        finally:
            workers.end()
        with psycopg.connect(cluster.url) as database:
            there = database.execute(KEYS).fetchall()
            (expired,) = database.execute("SELECT count(*) FROM points_entry WHERE kind = 'expire'").fetchone()
        report = json.loads(cluster.manage("audit_points", "--json"))  # exits with 1 on a break, and that fails here

    done = [call for step in steps for call in step["done"]]
    refused = {key for step in steps for key in step.get("keys", ())}
    acknowledged = {(call["key"], call["account"]) for call in done}
    keys = [(key, account) for key, account, *_ in there]
    assert len(keys) == len(set(keys)), "twice there"
    assert acknowledged - set(keys) == set(), "acknowledged, and lost"
    assert set(keys) - acknowledged == set(), "there, and never acknowledged"
    assert not refused & {key for key, _ in keys}
    seen = {(key, account): (seq, points) for key, account, seq, points in there}
    for call in done:
        assert seen[call["key"], call["account"]] == (call["seq"], call["points"])
    assert report["breaks"] == []
    assert report["entries"] == expired + sum(call["verb"] not in ("hold", "release") for call in done)
    assert expired > 0
    assert sum(step["tries"] > 1 for step in steps) > 0  # the load was there when the server went
    with capsys.disabled():
        again = sum(step.get("repeated", False) for step in steps)
        print(
            f"\n{kills} kills of PostgreSQL, {count} workers: {len(steps)} steps, {len(done)} acknowledged,"
            f" {again} of them were found done when asked again, {len(refused)} refused, no break"
        )


HALF = """
import sys
from datetime import datetime
import django
django.setup()
from django.db import transaction
from points import ledger
account, at = int(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
with transaction.atomic():
    ledger.spend(account=account, points=30, kind="redeem", key="first", by="x", at=at)
    ledger.hold(account=account, points=20, key="second", by="x", at=at)
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_inside_its_transaction_leaves_nothing_and_no_lock():
    member = User.objects.create(username="left", date_joined=AT).pk
    ledger.earn(account=member, points=100, kind="campaign", key="e", by="x", at=AT)
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))
    worker = subprocess.Popen(
        [sys.executable, "-c", HALF, str(member), AT.isoformat()],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "pointsmall.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with worker:
        assert worker.stdout.readline() == "inside\n"
        worker.kill()
    assert queries.balance(member, at=AT).available == 100
    again = ledger.spend(account=member, points=30, kind="redeem", key="first", by="x", at=AT)
    assert (again.repeated, again.available) == (False, 70)
    assert audit.run().breaks == []
