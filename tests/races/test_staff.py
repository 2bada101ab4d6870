"""Staff who press at once."""

from datetime import UTC, datetime

import pytest

from accounts import services
from accounts.models import User
from core import approvals
from core.errors import DomainError
from core.models import Approval
from points.grants.models import BulkGrant
from points.grants.services import adjusting, granting
from points.ledger import audit, queries
from points.ledger.models import PointsEntry
from tests.races.test_ledger import all_at_once

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def threshold(parameters):
    parameters["points.adjust_approval_above"] = 500


@pytest.fixture
def member():
    return User.objects.create(username="racer", date_joined=AT).pk


def ask(member, points, form_key, by="staff:9001"):
    return adjusting.request_adjustment(
        member=member, points=points, reason="goodwill", form_key=form_key, by=by, at=AT
    )


def test_two_approvers_at_once(member):
    approval = ask(member, 501, "form").approval
    results = all_at_once(lambda n: approvals.approve(approval=approval, by=f"staff:{9100 + n}", at=AT), workers=8)
    assert sum(isinstance(result, Approval) for result in results) == 1
    assert {type(result) for result in results} == {Approval, approvals.AlreadyDecided}
    assert queries.balance(member, at=AT).available == 501


def test_one_approves_while_another_refuses(member):
    approval = ask(member, 501, "form").approval

    def act(n):
        if n % 2:
            return approvals.approve(approval=approval, by=f"staff:{9100 + n}", at=AT)
        return approvals.refuse(approval=approval, by=f"staff:{9100 + n}", at=AT, answer="no")

    results = all_at_once(act, workers=8)
    (decided,) = [result for result in results if isinstance(result, Approval)]
    assert PointsEntry.objects.filter(account_id=member).count() == (decided.state == "approved")


def test_one_form_from_everywhere_moves_points_once(member):
    results = all_at_once(lambda n: ask(member, 100, "form"), workers=8)
    assert len({result.pk for result in results}) == 1
    assert queries.balance(member, at=AT).available == 100


def test_small_steps_at_once_are_no_way_around(member):
    results = all_at_once(lambda n: ask(member, 100, f"form{n}"), workers=8)
    assert sorted(result.state for result in results) == ["done"] * 5 + ["pending"] * 3
    assert queries.balance(member, at=AT).available == 500


def file(name, content, by="staff:9001"):
    """A file that was checked."""
    content = f"member,points\n{content}".encode()
    grant = granting.take_in(name=name, content=content, reason="goodwill", skip_refused=False, by=by, at=AT)
    return granting.judge(grant=grant, at=AT)


def test_many_members_at_once_are_no_way_around(member):
    """The sum of an author, over members whose rows are not the same."""
    people = [User.objects.create(username=f"friend{n}", date_joined=AT).pk for n in range(8)]
    results = all_at_once(lambda n: ask(people[n], 100, f"form{n}"), workers=8)
    assert sorted(result.state for result in results) == ["done"] * 5 + ["pending"] * 3


def test_several_authors_at_once_are_no_way_around(member):
    results = all_at_once(lambda n: ask(member, 100, f"form{n}", by=f"staff:{9100 + n}"), workers=8)
    assert sorted(result.state for result in results) == ["done"] * 5 + ["pending"] * 3


def test_files_and_adjustments_at_once_are_no_way_around(member):
    grants = [file(f"{n}.csv", f"#{member},100\n" + "\n" * n, by=f"staff:{9100 + n}") for n in range(8)]

    def act(n):
        if n % 2:
            return ask(member, 100, f"form{n}", by="staff:9001").state
        grant = granting.start(grant=grants[n], by=f"staff:{9100 + n}", at=AT)
        return granting.work_off(grant=grant, at=AT).state

    results = all_at_once(act, workers=8)
    assert sorted(results) == ["done"] * 5 + ["pending"] * 3
    assert queries.balance(member, at=AT).available == 500


def test_a_file_that_is_started_by_many_asks_once(member):
    grant = file("a.csv", f"#{member},501\n")
    results = all_at_once(lambda n: granting.start(grant=grant, by="staff:9001", at=AT), workers=8)
    assert {result.state for result in results} == {"pending"}
    assert Approval.objects.count() == 1


def test_a_file_is_approved_and_refused_at_once(member):
    grant = granting.start(grant=file("a.csv", f"#{member},501\n"), by="staff:9001", at=AT)

    def act(n):
        if n % 2:
            return approvals.approve(approval=grant.approval, by=f"staff:{9100 + n}", at=AT)
        return approvals.refuse(approval=grant.approval, by=f"staff:{9100 + n}", at=AT, answer="no")

    results = all_at_once(act, workers=8)
    (decided,) = [result for result in results if isinstance(result, Approval)]
    state = granting.work_off(grant=grant, at=AT).state
    assert state == ("done" if decided.state == "approved" else "refused")
    assert PointsEntry.objects.filter(account_id=member).count() == (decided.state == "approved")


def test_a_file_worked_off_by_many_grants_once(member, parameters, monkeypatch):
    parameters["points.adjust_approval_above"] = 1_000_000
    monkeypatch.setattr(granting, "BATCH", 7)
    people = [User.objects.create(username=f"racer{n}", date_joined=AT).pk for n in range(40)]
    grant = granting.start(grant=file("a.csv", "".join(f"#{pk},10\n" for pk in people)), by="staff:9001", at=AT)
    results = all_at_once(lambda n: granting.work_off(grant=grant, at=AT), workers=4)
    assert not any(isinstance(result, DomainError) for result in results)
    grant = BulkGrant.objects.get(pk=grant.pk)
    assert (grant.state, grant.granted, grant.cursor, grant.refused_lines) == ("done", 40, 40, 0)
    assert PointsEntry.objects.count() == 40
    assert audit.run().breaks == []


def test_two_superusers_who_send_each_other_away(member):
    chiefs = [User.objects.create_superuser(f"chief{n}", "chief-demo-1", date_joined=AT) for n in range(2)]

    def send_away(n):
        by = f"staff:{chiefs[n].pk}"
        return services.set_staff(member=chiefs[1 - n], is_staff=False, groups=[], by=by, at=AT)

    results = all_at_once(send_away, workers=2)
    assert sum(isinstance(result, DomainError) for result in results) == 1
    assert User.objects.filter(is_superuser=True, is_staff=True).count() == 1
