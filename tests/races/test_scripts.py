"""A script that never ends is saved as the serving version while purchases come in: none is lost, the last good version
works them all, one alert is opened (C7)."""

import threading
from datetime import timedelta
from time import monotonic

import pytest
from django.db import connection
from django.utils import timezone

from accounts.services import create_member
from points.earning.models import RuleAlert, ScriptVersion
from points.earning.queries import rule_sets as queries
from points.earning.rules import scripts as rules
from points.earning.services import rule_sets, scripts
from points.ledger import audit
from points.ledger.models import PointsEntry
from points.purchases.models import Purchase
from points.purchases.services import purchases

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

STAFF = "staff:1"
A_SECOND, SECONDS = 200, 3
WORKERS = 8
MEMBERS = 40
LOOP = "function calculatePoints() { while (true) {} }"


@pytest.fixture
def members():
    now = timezone.now()
    return [create_member(phone=f"+86138{number:08d}", by="system:test", at=now).pk for number in range(MEMBERS)]


@pytest.fixture
def script():
    """Serves as the only rule of a version that counts for everybody."""
    rules._failed.clear()
    now = timezone.now()
    script = scripts.create(
        code="twice", name="Twice", source="const calculatePoints = (level, yuan) => yuan * 2", by=STAFF, at=now
    )
    scripts.let_serve(version=script.versions.get(), by=STAFF, at=now)
    draft = rule_sets.create_draft(name="Script", by=STAFF, at=now)
    rule_sets.add_rule(version=draft, code="script", figures={"script": "twice"}, by=STAFF, at=now)
    rule_sets.release(version=draft, starts_at=now, by=STAFF, at=now)
    yield script
    rules._failed.clear()


def test_no_purchase_is_lost_to_a_script_that_never_ends(members, script):
    count = A_SECOND * SECONDS
    begun, pause = monotonic() + 0.2, threading.Event()
    problems, slowest = [], []

    def worker(number):
        try:
            longest = 0
            for n in range(number, count, WORKERS):
                pause.wait(max(begun + n / A_SECOND - monotonic(), 0))
                now, started = timezone.now(), monotonic()
                booked = purchases.record(
                    member=members[n % MEMBERS],
                    source="mall",
                    number=f"N{n}",
                    lines=[("other", 100 + n)],
                    paid_at=now,
                    by="system:test",
                    at=now,
                )
                longest = max(longest, monotonic() - started)
                if booked.points != (100 + n) * 2 // 100:
                    problems.append((n, booked))
            slowest.append(longest)
        except BaseException as error:
            problems.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=[number]) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    pause.wait(max(begun + 1 - monotonic(), 0))
    bad = scripts.save(script=script, source=LOOP, by=STAFF, at=timezone.now())
    scripts.let_serve(version=bad, by=STAFF, at=timezone.now(), trials=())
    for thread in threads:
        thread.join(120)

    assert not any(thread.is_alive() for thread in threads)
    assert problems == []
    assert Purchase.objects.filter(rule_version="v2").count() == count
    assert PointsEntry.objects.filter(kind="purchase").count() == count
    failed = ScriptVersion.objects.get(script=script, number=2)
    assert failed.failed_at is not None
    alert = RuleAlert.objects.get()
    assert (alert.subject, alert.closed_at) == (f"script_version:{failed.pk}", None)
    assert alert.opened_at - failed.created_at < timedelta(seconds=30)
    assert audit.run().breaks == []
    assert len(slowest) == WORKERS


def test_drafts_made_at_once_have_numbers_of_their_own():
    def make():
        try:
            for _ in range(5):
                rule_sets.create_draft(name="New", preset="s2", by=STAFF, at=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(queries.RuleSetVersion.objects.values_list("number", flat=True)) == list(range(1, 32))


def test_alerts_opened_at_once_are_one():
    from points.earning.services import alerts

    opened = []

    def work():
        try:
            opened.append(
                alerts.open_alert(
                    kind="script_failed",
                    subject="script_version:1",
                    details={"name": "a", "version": 1, "why": "b"},
                    at=timezone.now(),
                )
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(opened) == [False] * 7 + [True]
    assert RuleAlert.objects.count() == 1
