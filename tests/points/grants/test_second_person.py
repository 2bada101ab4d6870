"""Points to many members from a file: above the threshold a second person decides (B11)."""

from datetime import timedelta

import pytest

from accounts.models import User
from core import actors, approvals
from points.grants.models import BulkGrant
from points.grants.services import adjusting, grant_file, granting
from tests.points.conftest import AT
from tests.points.grants.conftest import ANNA, BERND, csv_of, grant_all, points_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("threshold")]


@pytest.mark.parametrize(("points", "state"), [((2500, 2500), "done"), ((2500, 2501), "pending")])
def test_the_threshold_counts_the_whole_file(people, points, state):
    grant = grant_all(csv_of(f"cy,{points[0]}", f"di,{points[1]}"))
    assert grant.state == state
    assert points_of(people[2]) == (2500 if state == "done" else 0)


def approve(grant, by=BERND):
    approvals.approve(approval=grant.approval, by=by, at=AT)
    return BulkGrant.objects.get(pk=grant.pk)


def test_a_second_person_lets_it_run(people):
    content = csv_of("cy,5001")
    grant = grant_all(content)
    with pytest.raises(approvals.RequesterDecides):
        approve(grant, by=ANNA)
    assert granting.work_off(grant=grant, at=AT).state == "pending"
    assert grant_all(content, by=BERND).requested_by == ANNA  # uploading again does not change who asked
    grant = granting.work_off(grant=approve(grant), at=AT)
    assert (grant.state, points_of(people[2])) == ("done", 5001)
    approve(grant)
    with pytest.raises(approvals.AlreadyDecided):
        approvals.refuse(approval=grant.approval, by=BERND, at=AT, answer="no")


def test_a_second_person_turns_it_down(people):
    grant = grant_all(csv_of("cy,5001"))
    approvals.refuse(approval=grant.approval, by=BERND, at=AT, answer="no")
    assert granting.work_off(grant=grant, at=AT).state == "refused"
    assert points_of(people[2]) == 0
    with pytest.raises(granting.NotReady):
        granting.start(grant=grant, by=ANNA, at=AT)


def test_what_was_judged_is_what_is_given(people):
    """A line that was refused stays out, whoever is found under its name when the rest is given."""
    content = csv_of("13900001234,1000000", "cy,1")
    grant = granting.take_in(name="a", content=content, reason="event", skip_refused=True, by=ANNA, at=AT)
    grant = granting.judge(grant=grant, at=AT)
    late = User.objects.create(phone="+8613900001234", date_joined=AT)
    grant = granting.work_off(grant=granting.start(grant=grant, by=ANNA, at=AT), at=AT)
    assert (grant.state, grant.total_points, grant.granted, grant.refused_lines) == ("done", 1, 1, 1)
    assert (points_of(people[2]), points_of(late)) == (1, 0)
    again = grant_all(content, skip_refused=True)  # judged anew, it is another sum
    assert (again.state, again.total_points, points_of(late)) == ("pending", 1_000_000, 0)


def test_a_line_goes_to_whom_it_was_judged_for(people):
    """A phone that changes hands between check and grant takes no points along."""
    cy, di = people[2], people[3]
    User.objects.filter(pk=cy.pk).update(phone="+8613800000777")
    content = csv_of("13800000777,40")
    grant = granting.take_in(name="a", content=content, reason="event", skip_refused=False, by=ANNA, at=AT)
    grant = granting.judge(grant=grant, at=AT)
    User.objects.filter(pk=cy.pk).update(phone=None)
    User.objects.filter(pk=di.pk).update(phone="+8613800000777")
    granting.work_off(grant=granting.start(grant=grant, by=ANNA, at=AT), at=AT)
    assert (points_of(cy), points_of(di)) == (40, 0)


def test_a_file_that_was_uploaded_anew_is_judged_anew(people, monkeypatch):
    """Two people, one file: what a check found for the first is not taken for the second."""
    content = csv_of("cy,5", "di,6")
    check_file = grant_file.check

    def check_while_cy_uploads(*arguments, **more):
        monkeypatch.setattr(grant_file, "check", check_file)
        upload(actors.staff(people[2].pk), AT + timedelta(seconds=1))
        return check_file(*arguments, **more)

    def upload(by, at):
        return granting.take_in(name="a", content=content, reason="event", skip_refused=True, by=by, at=at)

    grant = upload(ANNA, AT)
    monkeypatch.setattr(grant_file, "check", check_while_cy_uploads)
    assert granting.judge(grant=grant, at=AT).state == "checking"
    grant = granting.judge(grant=grant, at=AT)
    assert [line[1] for line in grant.lines] == [people[3].pk]  # nobody gives points to themselves
    with pytest.raises(granting.NotYourFile):
        granting.start(grant=grant, by=ANNA, at=AT)


@pytest.mark.parametrize(
    "steps",
    [
        [("file", "cy,5000", ANNA), ("file", "cy,5000 ", ANNA), ("file", " cy,5000", ANNA)],
        [("file", "cy,2500", ANNA), ("file", "di,2501", ANNA)],  # of the author
        [("file", "cy,2500", ANNA), ("file", "cy,2501", BERND)],  # of the member
        [("hand", 2500, ANNA), ("file", "cy,2501", ANNA)],
        [("file", "cy,2500", ANNA), ("hand", 2501, ANNA)],
        [("file", "di,2500", ANNA), ("hand", 2501, ANNA)],
        [("hand", 2500, BERND), ("file", "cy,2501\ndi,1", ANNA)],
    ],
)
def test_no_way_of_cutting_a_sum_escapes_the_second_person(people, steps):
    states = []
    for number, (way, what, by) in enumerate(steps):
        if way == "file":
            states.append(grant_all(csv_of(what), by=by, name=f"{number}.csv").state)
        else:
            form = {"member": people[2].pk, "points": what, "reason": "event", "form_key": f"{number}"}
            states.append(adjusting.request_adjustment(**form, by=by, at=AT).state)
    assert states == ["done"] + ["pending"] * (len(steps) - 1)


def test_a_file_with_a_day_between_is_another_sum(people):
    assert grant_all(csv_of("cy,5000")).state == "done"
    assert grant_all(csv_of("di,5000"), at=AT + timedelta(days=1)).state == "done"


@pytest.mark.parametrize("decide", [approvals.approve, approvals.refuse])
def test_nobody_decides_on_a_file_that_gives_to_them(people, decide):
    grant = grant_all(csv_of("cy,5000", "di,1"))
    with pytest.raises(approvals.OwnGain):
        decide(approval=grant.approval, by=actors.staff(people[3].pk), at=AT, answer="of course")
    assert BulkGrant.objects.get(pk=grant.pk).state == "pending"
