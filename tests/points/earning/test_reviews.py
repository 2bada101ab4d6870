"""Earnings that were set aside: told, refused with a reason, appealed, released when nobody answers (C10, A12)."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.core.management import call_command
from django.utils.translation import override

from accounts.models import Notice
from accounts.wording import translated
from core.errors import InvalidInput
from points.earning import states, tasks
from points.earning.models import EarningReview
from points.earning.queries.earning import set_aside, story_of
from points.earning.services import earning, review
from points.earning.services.earning import Facts
from points.ledger import audit
from tests.points.earning.conftest import AT, DAY, entries, new_member

State = EarningReview.State
STAFF = "staff:9001"


def midnight_after(at):
    """The shop is eight hours ahead."""
    return datetime(at.year, at.month, at.day, 16, tzinfo=UTC)


@pytest.fixture
def held(db, parameters):
    """An earning of 50 points under review."""
    parameters["points.members_per_device"] = 1
    member = new_member()
    for one in (new_member(), member):
        earning.behaviour(member=one, behaviour="share", key="k", by="system:test", at=AT, facts=Facts(device="d" * 64))
    return EarningReview.objects.get(member=member)


def refuse(held, at=AT + DAY, why="device", **rest):
    return review.refuse(review=held, why=why, by=STAFF, at=at, **rest)


def appeal(held, at=AT + 2 * DAY, words="We share one tablet at home.", by=None):
    return review.appeal(review=held, words=words, by=by or f"member:{held.member_id}", at=at)


def uphold(held, at=AT + 3 * DAY, **rest):
    return review.uphold(review=held, **{"why": "person", **rest}, by=STAFF, at=at)


def approve(held, at=AT + 3 * DAY):
    return review.approve(review=held, by=STAFF, at=at)


def read(held, language="en"):
    """The notices of the member, oldest first, as the member reads them."""
    with override(language):
        return [
            f"{translated(notice.title, notice.values)}: {translated(notice.text, notice.values)}"
            for notice in Notice.objects.filter(member=held.member_id).order_by("pk")
        ]


def points_of(held):
    return [entry.points for entry in entries(held.member_id)]


def test_the_member_is_told_at_each_step(held):
    refuse(held, words="Ten accounts in a minute.")
    appeal(held)
    uphold(held, words="One person owns them.")
    assert read(held) == [
        "50 points are being checked: Many accounts earned with one device or from one place on that day. You hear "
        "from us by 4 Dec; without a word from us they are credited then.",
        "50 points are not credited: Many accounts earned with one device or from one place. Ten accounts in a minute. "
        "You can appeal until 5 Dec.",
        "Your appeal is not granted: 50 points stay refused. Several accounts belong to one person. One person owns "
        "them.",
    ]
    assert "。 " not in "".join(read(held, "zh-hans"))
    assert [state for state, _at in story_of(held)] == ["upheld", "appealed", "refused", "pending"]
    assert points_of(held) == []


def test_a_refused_one_is_never_booked_and_stays_on_the_page(held):
    for _ in range(2):
        refuse(held)
    with pytest.raises(review.ReviewDecided):
        approve(held)
    again = earning.behaviour(
        member=held.member_id, behaviour="share", key="k", by="system:test", at=AT, facts=Facts(device="d" * 64)
    )
    assert (again.repeated, again.under_review) == (True, False)
    assert points_of(held) == []
    (shown,) = set_aside(held.member_id, at=AT + 60 * DAY)
    assert (shown.state, shown.due_at) == (State.REFUSED, midnight_after(AT + 15 * DAY))
    assert set_aside(held.member_id, at=AT + 92 * DAY) == []


def test_an_appeal_can_be_granted(held):
    refuse(held)
    for _ in range(2):
        appeal(held)
    for _ in range(2):
        approve(held)
    assert points_of(held) == [50]
    assert read(held)[-1] == "50 points are credited: Your appeal is granted, the points are in your account."
    assert audit.run().breaks == []
    assert set_aside(held.member_id, at=AT + 4 * DAY) == []


def test_an_appeal_has_a_last_day(held):
    refuse(held)
    end = midnight_after(AT + 15 * DAY)
    with pytest.raises(review.AppealTooLate):
        appeal(held, at=end)
    appeal(held, at=end - timedelta(microseconds=1))


def test_only_the_member_appeals_once_and_with_words(held):
    with pytest.raises(review.NothingToAppeal):
        appeal(held)
    refuse(held)
    with pytest.raises(review.NotYourEarning):
        appeal(held, by="member:1")
    for words in ("", "   ", "x" * 1001, "a\0b", None):
        with pytest.raises(InvalidInput):
            appeal(held, words=words)
    appeal(held)
    with pytest.raises(review.NothingToAppeal):
        appeal(held, words="And another thing.")
    uphold(held)
    with pytest.raises(review.NothingToAppeal):
        appeal(held)


def test_a_reason_is_needed(held):
    for why, words in (("", ""), ("nothing", ""), ("other", ""), ("other", "  "), ("device", "x" * 301)):
        with pytest.raises(InvalidInput):
            refuse(held, why=why, words=words)
    refuse(held, why="other", words="The shop was closed that day.")


def test_nobody_decides_on_their_own_appeal(held):
    refuse(held)
    appeal(held)
    for act in (review.approve, lambda **rest: review.uphold(why="device", **rest)):
        with pytest.raises(review.OwnEarning):
            act(review=held, by=f"staff:{held.member_id}", at=AT)


class TestTheClock:
    def release(self, at):
        return sum(review.release_overdue(at=at))

    def test_credits_an_appeal_that_nobody_answered(self, held):
        refuse(held)
        appeal(held)
        end = midnight_after(AT + 9 * DAY)
        assert self.release(end - timedelta(microseconds=1)) == 0
        assert self.release(end) == 1
        assert self.release(end) == 0
        assert points_of(held) == [50]
        assert read(held)[-1].endswith("We did not decide in time, so the points are in your account.")
        with pytest.raises(review.ReviewDecided):
            uphold(held)

    def test_credits_what_nobody_looked_at(self, held):
        end = midnight_after(AT + 14 * DAY)
        assert [self.release(end - timedelta(microseconds=1)), self.release(end)] == [0, 1]
        assert points_of(held) == [50]

    def test_waits_where_staff_say_so(self, parameters, request):
        parameters["points.review_days"] = 0
        held = request.getfixturevalue("held")
        assert self.release(AT + 4000 * DAY) == 0
        assert "You hear from us when the check is done." in read(held)[0]

    def test_leaves_a_refusal_alone(self, held):
        refuse(held)
        assert self.release(AT + 4000 * DAY) == 0
        assert points_of(held) == []

    def test_is_stopped_by_no_single_one(self, held):
        other = new_member()
        earning.behaviour(
            member=other, behaviour="share", key="k", by="system:test", at=AT, facts=Facts(device="d" * 64)
        )
        EarningReview.objects.filter(pk=held.pk).update(kind="redeem")  # the ledger takes no earning of that kind
        assert self.release(AT + 15 * DAY) == 1
        assert [entry.points for entry in entries(other)] == [50]
        assert EarningReview.objects.get(pk=held.pk).state == State.PENDING

    def test_goes_by_task_and_by_command(self, held, capsys, monkeypatch):
        monkeypatch.setattr("core.clock.now", lambda: AT + 15 * DAY)
        call_command("release_reviews", "--dry-run")
        assert "1 are overdue" in capsys.readouterr().out
        assert points_of(held) == []
        tasks.release_overdue()
        call_command("release_reviews", "--json")
        assert '"released": 0, "left": 0' in capsys.readouterr().out
        assert points_of(held) == [50]


REACH = {
    State.PENDING: lambda held: held,
    State.REFUSED: refuse,
    State.APPEALED: lambda held: appeal(refuse(held)),
    State.UPHELD: lambda held: uphold(appeal(refuse(held))),
    State.APPROVED: approve,
}
MOVE = {State.REFUSED: refuse, State.APPEALED: appeal, State.UPHELD: uphold, State.APPROVED: approve}


@pytest.mark.parametrize(("start", "end"), [pair for pair in product(State, MOVE) if pair[0] != pair[1]])
def test_only_the_moves_of_the_table_are_possible(held, start, end):
    held = REACH[start](held)
    if states.allowed(start, end):
        assert MOVE[end](held).state == end
    else:
        with pytest.raises((review.ReviewDecided, review.NothingToAppeal)):
            MOVE[end](held)
        assert EarningReview.objects.get(pk=held.pk).state == start


def test_many_are_decided_one_by_one(held):
    own = f"staff:{held.member_id}"
    assert review.decide_many(reviews=[held], by=own, at=AT)[0] == 0
    assert review.decide_many(reviews=[held], why="device", by=STAFF, at=AT) == (1, [])
