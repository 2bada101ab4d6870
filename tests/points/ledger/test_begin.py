"""Points that are earned before anybody knows from when they can be used (B5)."""

from datetime import timedelta

import pytest
from django.db import transaction

from core.errors import InvalidInput
from points import ledger
from points.ledger import UNDATED, NotEnoughPoints, UnknownEntry, audit, queries, rules
from points.ledger.models import ExpiryPolicy, PointsAccount, PointsEntry, PointsLot
from tests.points.conftest import AT
from tests.rights import tampering

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def sound(db):
    yield
    assert audit.run().breaks == []


@pytest.fixture
def earned(own):
    """100 points, undated, under the key "e"."""
    own.earn(100, key="e", active_from=UNDATED)
    return own


def lot(own):
    return PointsLot.objects.get(account_id=own.member, origin=None)


def balance(own, at):
    found = queries.balance(own.member, at=at)
    return found.available, found.pending


def test_undated_points_are_pending_however_late_it_is(earned):
    assert balance(earned, AT + 5000 * DAY) == (0, 100)
    assert lot(earned).expires_at is None
    with pytest.raises(NotEnoughPoints), transaction.atomic():
        earned.spend(1, at=AT + 5000 * DAY)


def test_they_never_end_while_they_wait(earned):
    swept = ledger.expire(accounts=[earned.member], by="system:expiry", at=AT + 5000 * DAY)
    assert swept.lots == 0


@pytest.mark.parametrize(("seconds", "available"), [(-1, 0), (0, 100), (1, 100)])
def test_they_can_be_used_from_the_moment_that_was_set(earned, seconds, available):
    begins, ends = AT + 9 * DAY, AT + 99 * DAY
    begin = earned.set_begin("e", begins, ends)
    assert begin == (begins, ends, True)
    assert balance(earned, begins + timedelta(seconds=seconds))[0] == available
    assert (lot(earned).active_from, lot(earned).expires_at) == (begins, ends)


def test_an_entry_of_no_points_says_so(earned):
    earned.set_begin("e", AT + DAY, None, at=AT + timedelta(hours=1), by="system:orders")
    entry = PointsEntry.objects.get(kind="begin")
    assert (entry.points, entry.balance_after, entry.reverses, entry.by) == (0, 100, 1, "system:orders")
    assert (entry.at, entry.active_from, entry.expires_at) == (AT + timedelta(hours=1), AT + DAY, None)
    assert [shown.kind for shown in queries.history(earned.member).entries] == ["campaign"]


def test_the_same_again_writes_nothing(earned):
    earned.set_begin("e", AT + DAY, AT + 30 * DAY)
    assert earned.set_begin("e", AT + DAY, AT + 30 * DAY) == (AT + DAY, AT + 30 * DAY, False)
    assert PointsEntry.objects.filter(kind="begin").count() == 1


def test_it_can_be_moved_and_left_open_again_until_they_can_be_used(earned):
    earned.set_begin("e", AT + 7 * DAY, AT + 30 * DAY)
    assert earned.set_begin("e", UNDATED, None, at=AT + 6 * DAY) == (UNDATED, None, True)
    assert balance(earned, AT + 8 * DAY) == (0, 100)
    earned.set_begin("e", AT + 9 * DAY, AT + 32 * DAY, at=AT + 8 * DAY)
    assert balance(earned, AT + 9 * DAY) == (100, 0)


def test_what_can_be_used_stays_so(earned):
    earned.set_begin("e", AT + DAY, AT + 30 * DAY)
    for begins in (UNDATED, AT + 9 * DAY):
        assert earned.set_begin("e", begins, None, at=AT + DAY) == (AT + DAY, AT + 30 * DAY, False)
    assert balance(earned, AT + DAY) == (100, 0)


def test_an_earning_with_a_date_keeps_it(own):
    own.earn(100, key="e", active_from=AT + 9 * DAY, expires_at=None)
    assert own.set_begin("e", AT + DAY, None) == (AT + 9 * DAY, None, False)
    assert own.set_begin("e", UNDATED, None) == (AT + 9 * DAY, None, False)


def test_unknown_earnings_are_refused(earned):
    with pytest.raises(UnknownEntry), transaction.atomic():
        earned.set_begin("other", AT, None)
    with pytest.raises(InvalidInput):
        earned.set_begin("e", AT, AT)


def test_nobody_asks_for_pending_points_once_there_are_none(earned):
    earned.set_begin("e", AT + DAY, None)
    assert PointsAccount.objects.get().pending_until == AT + DAY


def test_a_clawback_takes_them_from_where_they_wait(earned):
    earned.earn(50)
    assert earned.clawback("e", 100).taken == 100
    assert balance(earned, AT) == (50, 0)
    assert earned.set_begin("e", AT + DAY, None).changed


def test_the_past_is_what_it_was(earned):
    earned.set_begin("e", AT + 7 * DAY, None, at=AT + DAY)
    assert queries.balance_at(earned.member, AT + 6 * DAY).spendable == 0
    assert queries.balance_at(earned.member, AT + 7 * DAY).spendable == 100


@pytest.mark.django_db
class TestRenewal:
    """Where any earning renews all points (B9)."""

    @pytest.fixture(autouse=True)
    def policy(self, db):
        ExpiryPolicy.objects.create(
            starts_on=AT.date() + 10 * DAY, kind="activity", months=6, unit="month", announced_at=AT, by="staff:1"
        )
        rules.POLICIES.changed()

    def test_it_lives_as_long_as_it_was_renewed(self, own):
        """Earned when points lived for a month, renewed for six, then left open and set again."""
        own.earn(100, key="e", active_from=UNDATED)
        own.set_begin("e", AT + 20 * DAY, AT + 40 * DAY)
        own.earn(1, at=AT + 12 * DAY)
        renewed = lot_of(own, "e").expires_at
        assert renewed > AT + 150 * DAY
        own.set_begin("e", UNDATED, None, at=AT + 13 * DAY)
        own.set_begin("e", AT + 21 * DAY, AT + 41 * DAY, at=AT + 14 * DAY)
        assert lot_of(own, "e").expires_at == renewed
        own.earn(1, at=AT + 60 * DAY)
        assert lot_of(own, "e").expires_at > renewed


def lot_of(own, key):
    seq = PointsEntry.objects.get(account_id=own.member, key=key).seq
    return PointsLot.objects.get(account_id=own.member, seq=seq)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE points_lot SET active_from = active_from - interval '1 day'",
        "UPDATE points_lot SET expires_at = expires_at + interval '1 day'",
        "UPDATE points_entry SET active_from = active_from - interval '1 day' WHERE kind = 'begin'",
        "DELETE FROM points_entry WHERE kind = 'begin'",
    ],
)
def test_the_audit_names_a_begin_that_nobody_set(earned, statement):
    earned.set_begin("e", AT + 7 * DAY, AT + 30 * DAY)
    assert audit.run().breaks == []
    with transaction.atomic():
        with tampering() as cursor:
            cursor.execute(statement)
        assert "lot of entry" in {found.kind for found in audit.run().breaks}
        transaction.set_rollback(True)


def test_points_given_back_to_a_lot_that_waits_again_wait_too(earned):
    """Spent in the second in which a return was asked for."""
    earned.set_begin("e", AT + 7 * DAY, None)
    earned.spend(100, key="s", at=AT + 7 * DAY)
    earned.set_begin("e", UNDATED, None, at=AT + 7 * DAY - timedelta(seconds=1))
    earned.earn(5, active_from=AT + 8 * DAY)
    earned.set_begin("e", AT + 9 * DAY, None, at=AT + 8 * DAY)
    earned.refund("s", 100, at=AT + 8 * DAY)
    assert balance(earned, AT + 8 * DAY) == (5, 100)
    assert ledger.spend(account=earned.member, points=105, kind="redeem", key="x", by="x", at=AT + 9 * DAY)
