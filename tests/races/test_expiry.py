"""The expiry run beside members who act on the same accounts, beside itself, and killed in the middle (B10)."""

import random
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction

from accounts.models import Notice, User
from core.errors import Busy, DomainError
from points import ledger
from points.ledger import audit, queries
from points.ledger.models import ExpiryWarning, PointsEntry
from points.ledger.services import expiry, warning
from tests.races.test_ledger import all_at_once

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BY = "system:expiry"

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def members(count, lots=3, points=50):
    """Ids of members with lots that end 1, 2, 3 ... days after ``AT``, and one that does not."""
    ids = [User.objects.create(username=f"m{n}", date_joined=AT).pk for n in range(count)]
    for account in ids:
        for lot in range(lots):
            earn(account, points, f"e{lot}", expires_at=AT + DAY * (lot + 1))
        earn(account, points, "stays", expires_at=None)
    return ids


def earn(account, points, key, **more):
    return ledger.earn(account=account, points=points, kind="campaign", key=key, by="x", at=AT, **more)


def run(at, **more):
    return list(expiry.expire_points(by=BY, at=at, **more))


def test_beside_everything_on_the_same_accounts():
    ids = members(6)
    for account in ids:
        for n in range(5):
            ledger.hold(account=account, points=10, key=f"h{n}", by="x", at=AT)
            ledger.spend(account=account, points=5, kind="redeem", key=f"s{n}", by="x", at=AT)
    surprises, done = [], threading.Event()

    def act(n):
        if n == 0:
            for days in range(1, 6):
                for _ in range(4):
                    run(AT + DAY * days, batch=2)
            done.set()
            return
        dice = random.Random(n)
        for step in range(60):
            if done.is_set():
                return
            account, key = dice.choice(ids), f"{n}:{step}"
            common = {"account": account, "key": key, "by": "x", "at": AT + timedelta(hours=dice.randint(0, 120))}
            try:
                match dice.choice(["spend", "refund", "release", "capture"]):
                    case "spend":
                        ledger.spend(points=dice.randint(1, 20), kind="redeem", **common)
                    case "refund":
                        ledger.refund(spent=f"s{dice.randrange(5)}", points=1, grace_days=dice.choice([0, 2]), **common)
                    case "release":
                        ledger.release(hold=f"h{dice.randrange(5)}", grace_days=dice.choice([0, 2]), **common)
                    case "capture":
                        ledger.capture(hold=f"h{dice.randrange(5)}", **common)
            except Busy as busy:
                surprises.append(busy)
            except DomainError:
                pass

    all_at_once(act, workers=9)
    assert surprises == []
    later = AT + 30 * DAY
    run(later)
    assert queries.ended(at=later).lots == 0
    assert audit.run().breaks == []


def test_twice_at_once_books_out_once():
    ids = members(40)
    results = all_at_once(lambda n: run(AT + 3 * DAY, batch=5), workers=4)
    assert sum(done.lots for result in results for done in result) == 40 * 3
    assert not any(done.busy for result in results for done in result)
    assert PointsEntry.objects.filter(kind="expire").count() == 40 * 3
    assert {queries.balance(account, at=AT + 3 * DAY).total for account in ids} == {50}
    assert audit.run().breaks == []


def test_a_busy_account_is_passed_by_and_waited_for_last(lock_timeout):
    lock_timeout(200)
    ids = members(4)
    with transaction.atomic():
        ledger.spend(account=ids[1], points=1, kind="redeem", key="slow", by="x", at=AT)
        ((*done, left),) = all_at_once(lambda n: run(AT + 3 * DAY), workers=1)
    assert [one.accounts for one in done] == [3]
    assert left == ledger.Expired(0, 0, 0, busy=(ids[1],))
    assert [one.accounts for one in run(AT + 3 * DAY)] == [1]
    assert audit.run().breaks == []


def test_an_account_that_was_busy_for_a_moment_is_come_back_to():
    ids = members(3)
    locked, may_go = threading.Event(), threading.Event()

    def act(n):
        if n == 0:
            with transaction.atomic():
                ledger.spend(account=ids[0], points=1, kind="redeem", key="slow", by="x", at=AT)
                locked.set()
                assert may_go.wait(timeout=10)
            return None
        assert locked.wait(timeout=10)
        steps = expiry.expire_points(by=BY, at=AT + 3 * DAY, batch=1)
        found = [next(steps)]
        may_go.set()
        return found + list(steps)

    _none, steps = all_at_once(act, workers=2)
    assert sum(one.accounts for one in steps) == 3
    assert not any(one.busy for one in steps)
    assert audit.run().breaks == []


def test_killed_between_and_inside_batches_it_goes_on():
    ids = members(60)
    program = (
        "import django; django.setup()\n"
        "from datetime import datetime\nfrom points.ledger.services import expiry\n"
        f"at = datetime.fromisoformat('{(AT + 3 * DAY).isoformat()}')\n"
        "for done in expiry.expire_points(by='x', at=at, batch=1):\n"
        "    print(done.lots, flush=True)\n"
    )
    environment = {
        "DATABASE_URL": _url(),
        "REDIS_URL": django_settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "pointsmall.settings",
        "MALL_ENV": "test",
    }
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", program], cwd=django_settings.BASE_DIR, env=environment, stdout=subprocess.PIPE
        )
        for _line in range(8):
            process.stdout.readline()
        process.kill()
        process.communicate()
        assert audit.run().breaks == []
    left = queries.ended(at=AT + 3 * DAY).lots
    assert 0 < left <= (60 - 2 * 8) * 3
    assert sum(done.lots for done in run(AT + 3 * DAY)) == left
    assert {queries.balance(account, at=AT + 3 * DAY).total for account in ids} == {50}
    assert audit.run().breaks == []


def _url():
    parts = connection.get_connection_params()
    host = parts.get("host") or ""
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={host}&port={parts.get('port', '')}"


def test_two_runs_warn_once():
    ids = members(20, lots=1)
    User.objects.update(email=None)
    results = all_at_once(lambda n: sum(warning.warn(at=AT, members=3)), workers=4)
    assert sum(results) == len(ids)  # everybody was told by one of them
    assert ExpiryWarning.objects.count() == Notice.objects.count() == len(ids)
