"""Staff give and take points, with a second person above the threshold (B11)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from core import actors, approvals
from core.errors import InvalidInput
from core.models import Approval, AuditEvent
from points import ledger
from points.grants.models import Adjustment
from points.grants.services import adjusting
from points.ledger import audit, queries
from points.ledger.models import PointsEntry
from tests.points.conftest import AT

pytestmark = pytest.mark.django_db

ANNA, BERND = actors.staff(9001), actors.staff(9002)


@pytest.fixture(autouse=True)
def threshold(parameters):
    parameters["points.adjust_approval_above"] = 500


@pytest.fixture
def ask(member):
    def ask(points=100, **arguments):
        given = {"member": member, "reason": "goodwill", "form_key": f"form{points}", "by": ANNA, "at": AT}
        return adjusting.request_adjustment(points=points, **(given | arguments))

    return ask


def approve(adjustment, by=BERND):
    return approvals.approve(approval=adjustment.approval, by=by, at=AT)


def refuse(adjustment, by=BERND):
    return approvals.refuse(approval=adjustment.approval, by=by, at=AT, answer="too much")


@pytest.mark.parametrize(
    ("points", "state"), [(1, "done"), (499, "done"), (500, "done"), (501, "pending"), (1_000_000, "pending")]
)
def test_the_threshold(ask, member, points, state):
    adjustment = ask(points)
    assert adjustment.state == state
    assert queries.balance(member, at=AT).available == (points if state == "done" else 0)


@pytest.mark.parametrize(("points", "state"), [(-500, "done"), (-501, "pending")])
def test_the_threshold_for_taking(ask, own, points, state):
    own.earn(2000)
    assert ask(points).state == state
    assert queries.balance(own.member, at=AT).available == (2000 + points if state == "done" else 2000)


def test_it_stands_in_the_ledger_and_in_the_trail(ask, member):
    adjustment = ask(100, note="called on the phone")
    entry = PointsEntry.objects.get(account_id=member)
    assert (entry.kind, entry.points, entry.by, entry.source) == ("adjust", 100, ANNA, f"adjustment:{adjustment.pk}")
    assert entry.seq == adjustment.entry_seq
    assert entry.reason  # in words, for the member; the note is not among them
    assert "phone" not in entry.reason
    approve(ask(501))
    events = AuditEvent.objects.filter(subject=actors.member(member)).order_by("pk").values_list("event", "by")
    assert list(events) == [
        ("points.adjusted", ANNA),
        ("approval.asked", ANNA),
        ("points.adjusted", BERND),
        ("approval.approved", BERND),
    ]


def test_the_same_form_again_changes_nothing(ask, member):
    first, second = ask(), ask()
    assert first.pk == second.pk
    assert PointsEntry.objects.count() == 1
    with pytest.raises(adjusting.FormReused):
        ask(60, form_key=first.form_key)


def test_small_steps_are_no_way_around(ask, member):
    assert ask(300, form_key="a").state == "done"
    assert ask(201, form_key="b").state == "pending"
    assert ask(200, form_key="c").state == "done"
    assert ask(1, form_key="d").state == "pending"
    assert ask(500, form_key="e", at=AT + timedelta(days=1)).state == "done"


def test_taking_and_giving_add_up(ask, own):
    own.earn(2000)
    assert ask(-300, form_key="a").state == "done"
    assert ask(201, form_key="b").state == "pending"


def test_several_authors_are_no_way_around(ask, member):
    """What a member gets in a day counts, whoever gives it."""
    assert ask(300, form_key="a").state == "done"
    assert ask(200, form_key="b", by=BERND).state == "done"
    assert ask(1, form_key="c", by=actors.staff(9003)).state == "pending"


def test_many_members_are_no_way_around(ask):
    """What an author gives in a day counts, whoever gets it."""
    people = [User.objects.create(username=f"friend{n}", date_joined=AT).pk for n in range(6)]
    states = [ask(100, form_key=f"f{pk}", member=pk).state for pk in people]
    assert states == ["done"] * 5 + ["pending"]
    assert ask(100, form_key="other", member=people[5], by=BERND).state == "done"


def test_what_a_second_person_saw_does_not_count(ask, member):
    approve(ask(501, form_key="a"))
    refuse(ask(501, form_key="b"))
    assert ask(500, form_key="c").state == "done"


def test_nobody_takes_more_than_there_is(ask, own):
    own.earn(50)
    with pytest.raises(ledger.NotEnoughPoints):
        ask(-51)
    assert Adjustment.objects.count() == 0
    assert queries.balance(own.member, at=AT).available == 50


def test_a_second_person_approves(ask, member):
    adjustment = ask(501)
    approval = approve(adjustment)
    assert (approval.state, approval.decided_by) == ("approved", BERND)
    assert queries.balance(member, at=AT).available == 501
    assert approve(adjustment).state == "approved"
    assert PointsEntry.objects.count() == 1
    with pytest.raises(approvals.AlreadyDecided):
        refuse(adjustment)
    assert AuditEvent.objects.filter(event="approval.approved", by=BERND).count() == 1
    assert audit.run().breaks == []


def test_a_second_person_refuses(ask, member):
    adjustment = ask(501)
    approval = refuse(adjustment)
    assert (approval.state, approval.answer) == ("refused", "too much")
    assert queries.balance(member, at=AT).available == 0
    with pytest.raises(approvals.AlreadyDecided):
        approve(adjustment)


@pytest.mark.parametrize("decide", [approve, refuse])
def test_the_requester_never_decides(ask, decide):
    adjustment = ask(501)
    with pytest.raises(approvals.RequesterDecides):
        decide(adjustment, by=ANNA)
    adjustment.approval.refresh_from_db()
    assert adjustment.state == "pending"


def test_the_database_refuses_one_person_in_both_places(ask):
    approval = Approval.objects.filter(pk=ask(501).approval_id)
    for wrong in ({"decided_by": ANNA, "decided_at": AT}, {}, {"decided_by": BERND}):
        with pytest.raises(IntegrityError), transaction.atomic():
            approval.update(state="approved", **wrong)


def test_nobody_moves_own_points(ask, member):
    own = actors.staff(member)
    with pytest.raises(approvals.OwnGain):
        ask(10, by=own)
    adjustment = ask(501)
    for decide in (approve, refuse):
        with pytest.raises(approvals.OwnGain):
            decide(adjustment, by=own)


def test_an_approval_that_cannot_be_paid_waits_on(ask, own):
    own.earn(600)
    adjustment = ask(-600)
    own.spend(1)
    with pytest.raises(ledger.NotEnoughPoints):
        approve(adjustment)
    adjustment.approval.refresh_from_db()
    assert adjustment.state == "pending"


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 0},
        {"points": 1_000_001},
        {"points": -1_000_001},
        {"points": 1.5},
        {"points": True},
        {"points": "10"},
        {"reason": "because"},
        {"form_key": ""},
        {"form_key": "x" * 65},
        {"note": "x" * 201},
        {"note": "a\0b"},
    ],
    ids=str,
)
def test_bad_input_is_refused(ask, wrong):
    with pytest.raises(InvalidInput):
        ask(**wrong)
    assert Adjustment.objects.count() == 0


def test_an_unknown_member(ask):
    with pytest.raises(adjusting.UnknownMember):
        ask(member=User.objects.latest("pk").pk + 1)
