"""The audit leaves a seal (B12)."""

import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse

from accounts.models import User
from core import clock
from core.models import AuditEvent
from points.ledger import tasks
from points.ledger.models import AuditRun
from points.ledger.services import sealing
from points.pages import books
from tests.points.conftest import AT
from tests.rights import tampering

pytestmark = pytest.mark.django_db


def tamper():
    with tampering() as cursor:
        cursor.execute("UPDATE points_account SET unspent = unspent + 1")


def seal(at=AT):
    return sealing.seal(by="system:test", at=at)[0]


@pytest.fixture
def staff(client):
    person = User.objects.create_superuser("admin", "admin-demo-1", date_joined=clock.now())
    client.force_login(person)
    return person


def test_a_run_is_kept(own):
    own.earn(100)
    own.spend(10)
    run = seal()
    assert (run.accounts, run.entries, run.break_count, run.breaks, run.at) == (1, 2, 0, [], AT)
    assert AuditEvent.objects.get(event="points.audited").by == "system:test"


def test_breaks_are_kept_up_to_a_limit(own, monkeypatch):
    own.earn(100)
    tamper()
    monkeypatch.setattr(sealing, "KEPT_BREAKS", 1)
    run, report = sealing.seal(by="system:test", at=AT)
    assert run.break_count == len(report.breaks) > 0
    assert len(run.breaks) == 1
    assert run.breaks[0]["account"] == own.member


def test_the_command_seals_and_keeps_its_contract(own):
    own.earn(100)
    out = io.StringIO()
    call_command("audit_points", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"accounts": 1, "entries": 1, "breaks": []}
    assert AuditRun.objects.get().by == "system:command"
    tamper()
    out = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("audit_points", "--json", stdout=out)
    assert left.value.code == 1
    assert set(json.loads(out.getvalue())) == {"accounts", "entries", "breaks"}
    assert AuditRun.objects.latest("pk").break_count > 0


def test_the_nightly_task_seals(own):
    tasks.audit_ledger()
    assert AuditRun.objects.get().by == "system:audit"


def test_totals(own):
    own.earn(100)
    own.earn(50, active_from=AT + timedelta(days=7))
    own.earn(30, expires_at=AT + timedelta(days=1))
    own.hold(20)
    totals = books.totals(at=AT + timedelta(days=2))
    assert (totals.accounts, totals.available, totals.pending, totals.held, totals.ended) == (1, 100, 50, 20, 10)
    assert totals.liability_fen == 170


@pytest.mark.parametrize(
    ("age_h", "is_broken", "tone"),
    [(1, False, "good"), (35, False, "good"), (37, False, "stale"), (37, True, "broken")],
)
def test_the_first_page_bears_the_seal(client, staff, own, age_h, is_broken, tone):
    own.earn(100)
    if is_broken:
        tamper()
    seal(clock.now() - timedelta(hours=age_h))
    page = client.get("/admin/").content.decode()
    assert f'data-seal="{tone}"' in page
    if is_broken:
        assert str(own.member) in page
        assert AuditRun.objects.get().breaks[0]["kind"] in page


def test_the_first_page_says_that_nothing_ran_yet(client, staff):
    assert 'data-seal="stale"' in client.get("/admin/").content.decode()


def test_the_seal_is_for_those_who_may_see_it(client, db):
    person = User.objects.create(username="packer", is_staff=True, date_joined=AT)
    client.force_login(person)
    assert "data-seal" not in client.get("/admin/").content.decode()
    person.user_permissions.add(Permission.objects.get(codename="view_auditrun"))
    assert "data-seal" in client.get("/admin/").content.decode()


def test_the_overview(client, staff, own):
    own.earn(12_345)
    tamper()
    run = seal()
    page = client.get(reverse("admin:points_ledger_overview")).content.decode()
    assert "12,346" in page  # the sum of what accounts say, which is wrong, as the seal beside it tells
    assert reverse("admin:points_pointsaccount_change", args=[own.member]) in page
    assert client.get(reverse("admin:points_auditrun_change", args=[run.pk])).status_code == 200
    assert client.get(reverse("admin:points_auditrun_changelist")).status_code == 200


def test_staff_audit_now(client, staff, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:points_ledger_overview"))
    assert AuditRun.objects.count() == 1


def test_the_overview_is_guarded(client, db):
    client.force_login(User.objects.create(username="packer", is_staff=True, date_joined=AT))
    for method in (client.get, client.post):
        assert method(reverse("admin:points_ledger_overview")).status_code == 403
    assert AuditRun.objects.count() == 0
