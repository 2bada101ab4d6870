"""Sixteen at once, on connections of their own: caps, one purchase, one refund, one decision."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Notice, User
from core.errors import DomainError
from points.earning.models import EarningReview, EarningTally
from points.earning.rules import engine
from points.earning.services import earning, review
from points.ledger import audit
from points.ledger.models import PointsEntry
from points.purchases.models import Purchase
from points.purchases.services import purchases
from tests.races.test_ledger import all_at_once

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MANY = 16

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def member():
    return User.objects.create(username="racer", date_joined=AT).pk


@pytest.fixture
def caps(monkeypatch):
    def set_caps(total=None, **by_behaviour):
        monkeypatch.setattr(engine, "caps", lambda rule_set: engine.Caps(total, by_behaviour))

    return set_caps


def buy(member, number, fen=10_000, source="file", paid_at=AT):
    return purchases.record(
        member=member, source=source, number=number, lines=[("", fen)], paid_at=paid_at, by="x", at=AT
    )


def share(member, key, **rest):
    return earning.behaviour(member=member, behaviour="share", key=key, by="x", at=AT, **rest)


def earned(member):
    return sum(PointsEntry.objects.filter(account_id=member).values_list("points", flat=True))


def test_the_days_points_are_never_passed(member, caps):
    caps(total=730)
    results = all_at_once(lambda n: buy(member, f"N{n}") if n % 2 else share(member, f"S{n}"), workers=MANY)
    assert not any(isinstance(result, DomainError) for result in results)
    assert earned(member) == sum(result.points for result in results) == 730
    assert EarningTally.objects.get(member=member, behaviour="").points == 730


def test_the_days_times_are_never_passed(member, caps):
    caps(share=(None, 3))
    results = all_at_once(lambda n: share(member, f"S{n}"), workers=MANY)
    assert sorted(result.points for result in results) == [0] * 13 + [50] * 3
    assert earned(member) == 150


def test_one_act_told_sixteen_times_counts_once(member, caps):
    caps(share=(None, 3))
    results = all_at_once(lambda n: share(member, "S"), workers=MANY)
    assert sum(not result.repeated for result in results) == 1
    assert earned(member) == 50
    assert EarningTally.objects.get(member=member, behaviour="share").times == 1


def test_one_purchase_posted_sixteen_times_is_one(member):
    results = all_at_once(lambda n: buy(member, "A"), workers=MANY)
    assert sum(not result.repeated for result in results) == 1
    assert {result.points for result in results} == {100}
    assert earned(member) == 100


def test_one_number_for_sixteen_members_is_the_firsts(db):
    members = [User.objects.create(username=f"racer{n}", date_joined=AT).pk for n in range(MANY)]
    results = all_at_once(lambda n: buy(members[n], "A"), workers=MANY)
    assert sum(isinstance(result, earning.Booked) for result in results) == 1
    assert {type(result) for result in results} == {earning.Booked, purchases.PurchaseDiffers}
    assert PointsEntry.objects.count() == Purchase.objects.count() == 1


def test_batches_in_other_orders_do_not_wait_for_each_other(db):
    members = [User.objects.create(username=f"racer{n}", date_joined=AT).pk for n in range(20)]

    def post(n):
        order = members if n % 2 else members[::-1]
        checked = [purchases.checked(member, "file", f"{n}-{member}", [("", 100)], AT) for member in order]
        return purchases.record_many(checked, by="x", at=AT)

    results = all_at_once(post, workers=8)
    assert not any(isinstance(result, DomainError) for result in results)
    assert PointsEntry.objects.count() == 160
    assert audit.run().breaks == []


def test_refunds_never_pass_what_was_paid(member):
    buy(member, "A")
    results = all_at_once(
        lambda n: purchases.refund(source="file", number="A", refund_number=f"R{n}", amount_fen=1_500, by="x", at=AT),
        workers=MANY,
    )
    assert sum(not isinstance(result, DomainError) for result in results) == 6
    assert {type(result) for result in results} == {int, purchases.RefundTooLarge}
    assert earned(member) == 10
    assert Purchase.objects.get().refunded_fen == 9_000


def test_one_refund_told_sixteen_times_is_one(member):
    buy(member, "A")
    results = all_at_once(
        lambda n: purchases.refund(source="file", number="A", refund_number="R", amount_fen=3_000, by="x", at=AT),
        workers=MANY,
    )
    assert set(results) == {30}
    assert earned(member) == 70


def test_of_many_members_on_one_device_only_the_first_few_pass(db, parameters):
    parameters["points.members_per_device"] = 3
    members = [User.objects.create(username=f"racer{n}", date_joined=AT).pk for n in range(MANY)]
    facts = earning.Facts(device="d" * 64, address="a" * 64)
    results = all_at_once(lambda n: share(members[n], "S", facts=facts), workers=MANY)
    assert sum(not result.under_review for result in results) == 3
    assert PointsEntry.objects.count() == 3
    assert EarningReview.objects.count() == 13


@pytest.fixture
def held(member, parameters):
    """An earning of 50 points under review."""
    parameters["points.members_per_device"] = 1
    facts = earning.Facts(device="d" * 64)
    share(User.objects.create(username="first", date_joined=AT).pk, "S", facts=facts)
    share(member, "S", facts=facts)
    return EarningReview.objects.get()


def test_an_earning_approved_by_sixteen_is_booked_once(member, held):
    results = all_at_once(
        lambda n: (
            review.approve(review=held, by="staff:9001", at=AT)
            if n % 4
            else review.refuse(review=held, why="device", by="staff:9002", at=AT)
        ),
        workers=MANY,
    )
    held.refresh_from_db()
    assert held.state in {"approved", "refused"}
    assert earned(member) == (50 if held.state == "approved" else 0)
    assert {type(result) for result in results} <= {EarningReview, review.ReviewDecided}


def test_the_member_appeals_while_staff_decide_and_the_clock_runs_out(member, held):
    """Whoever comes first: one end, one booking at most, one notice of it."""
    review.refuse(review=held, why="device", by="staff:9002", at=AT)
    late = AT + timedelta(days=30)
    acts = (
        lambda: review.appeal(review=held, words="one phone, one family", by=f"member:{member}", at=AT),
        lambda: review.approve(review=held, by="staff:9001", at=late),
        lambda: review.uphold(review=held, why="device", by="staff:9002", at=late),
        lambda: sum(review.release_overdue(at=late)),
    )
    results = all_at_once(lambda n: acts[n % 4](), workers=MANY)
    assert {type(result) for result in results} <= {EarningReview, int, review.ReviewDecided, review.NothingToAppeal}
    sum(review.release_overdue(at=late))
    held.refresh_from_db()
    assert held.state in {"approved", "upheld"}
    assert earned(member) == (50 if held.state == "approved" else 0)
    ends = Notice.objects.filter(member=member, key__regex="(credited|upheld)$")
    assert ends.count() == 1
    assert audit.run().breaks == []
