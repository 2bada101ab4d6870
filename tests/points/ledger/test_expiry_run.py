"""What ended is booked out: once, in order, and never anything else (B10)."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from core.errors import InvalidInput
from points import ledger
from points.ledger import audit, checks, queries
from points.ledger.models import PointsAccount, PointsEntry, PointsLot
from points.ledger.services import expiry
from tests.points.conftest import AT
from tests.rights import tampering

DAY = timedelta(days=1)
BY = "system:expiry"


def run(at, **more):
    return list(expiry.expire_points(by=BY, at=at, **more))


def expired(member):
    """``[(key, points), ...]`` of the account's expire entries, in order."""
    return list(
        PointsEntry.objects.filter(account_id=member, kind="expire").order_by("seq").values_list("key", "points")
    )


def test_each_lot_that_ended_gets_one_entry_soonest_first(own):
    late = own.earn(30, expires_at=AT + 2 * DAY).seq
    soon = own.earn(20, expires_at=AT + DAY).seq
    own.earn(50, expires_at=AT + 9 * DAY)
    own.earn(5, expires_at=None)
    assert queries.ended(at=AT + 2 * DAY) == queries.Ended(accounts=1, lots=2, points=50)
    assert run(AT + 2 * DAY) == [ledger.Expired(accounts=1, lots=2, points=50)]
    assert expired(own.member) == [(f"expire:{soon}", -20), (f"expire:{late}", -30)]
    last = PointsEntry.objects.order_by("seq").last()
    assert (last.balance_after, last.by, last.at) == (55, BY, AT + 2 * DAY)
    account = PointsAccount.objects.get(pk=own.member)
    assert (account.unspent, account.held, account.lifetime_earned, account.last_seq) == (55, 0, 105, last.seq)
    assert queries.balance(own.member, at=AT + 2 * DAY).available == 55
    assert audit.run().breaks == []


def test_the_last_moment_is_still_usable_and_the_next_one_is_over(own):
    own.earn(10, expires_at=AT + DAY)
    assert run(AT + DAY - timedelta(microseconds=1)) == []
    assert queries.balance(own.member, at=AT + DAY - timedelta(microseconds=1)).available == 10
    assert [done.lots for done in run(AT + DAY)] == [1]


def test_running_again_does_nothing(own):
    own.earn(10, expires_at=AT + DAY)
    run(AT + DAY)
    assert run(AT + DAY) == []
    assert ledger.expire(accounts=[own.member], by=BY, at=AT + DAY) == ledger.Expired(0, 0, 0)
    assert expired(own.member) == [("expire:1", -10)]


def test_nothing_to_do(db):
    assert run(AT) == []
    assert queries.ended(at=AT) == queries.Ended(0, 0, 0)


def test_spent_points_do_not_end_again(own):
    own.earn(10, expires_at=AT + DAY)
    own.spend(7)
    run(AT + DAY)
    assert expired(own.member) == [("expire:1", -3)]
    assert audit.run().breaks == []


def test_held_points_do_not_end_and_come_back_with_grace(own):
    own.earn(10, expires_at=AT + DAY)
    own.hold(6, key="h")
    run(AT + DAY)
    assert expired(own.member) == [("expire:1", -4)]
    assert queries.balance(own.member, at=AT + DAY).held == 6
    own.release("h", at=AT + 2 * DAY)
    assert queries.balance(own.member, at=AT + 2 * DAY).available == 6
    assert run(AT + 2 * DAY) == []
    assert [done.points for done in run(AT + 16 * DAY)] == [6]
    assert queries.balance(own.member, at=AT + 16 * DAY).total == 0
    assert audit.run().breaks == []


def test_a_held_lot_can_still_be_captured_after_its_end(own):
    own.earn(10, expires_at=AT + DAY)
    own.hold(6, key="h")
    run(AT + DAY)
    own.capture("h", at=AT + 2 * DAY)
    assert PointsEntry.objects.order_by("seq").last().balance_after == 0
    assert audit.run().breaks == []


def test_what_comes_back_without_grace_to_a_lot_booked_out_before_is_booked_out_too(own):
    own.earn(10, expires_at=AT + DAY)
    own.spend(6, key="s")
    run(AT + DAY)
    for refund in (1, 2):
        own.refund("s", refund, grace_days=0, at=AT + 2 * DAY)
        run(AT + 2 * DAY)
    assert [points for _key, points in expired(own.member)] == [-4, -1, -2]
    assert expired(own.member)[0][0] == "expire:1"
    assert audit.run().breaks == []


def test_pending_points_do_not_end_before_they_could_be_used(own):
    own.earn(10, active_from=AT + 5 * DAY)
    assert run(AT + 6 * DAY) == []


@pytest.mark.parametrize("grace_days", [0, 14])
def test_what_was_booked_out_may_come_back_and_is_booked_out_again(own, grace_days):
    own.earn(10, expires_at=AT + DAY)
    run(AT + DAY)
    for n in range(3):
        own.refund(expired(own.member)[n][0], 10, at=AT + (n + 2) * DAY, grace_days=grace_days)
        run(AT + (n + 2) * DAY)
        run(AT + (n + 30) * DAY)
    assert [points for _key, points in expired(own.member)] == [-10] * 4
    assert audit.run().breaks == []


@pytest.mark.parametrize("key", ["expire:1", "expire:1:4"])
def test_whatever_key_a_caller_took_before_keys_were_reserved(own, monkeypatch, key):
    monkeypatch.setattr(checks, "OWN_KEYS", ())
    own.earn(10, expires_at=AT + DAY)
    own.earn(5, key=key, expires_at=None)
    own.earn(5, key="expire:1" if key != "expire:1" else "other", expires_at=None)
    assert [done.points for done in run(AT + DAY)] == [10]
    assert audit.run().breaks == []


@pytest.fixture
def crowd(db):
    """Accounts with one to four lots that end, and one that does not."""
    ids = []
    for n in range(7):
        member = User.objects.create(username=f"crowd{n}", date_joined=AT).pk
        for lot in range(n % 4 + 1):
            ledger.earn(
                account=member, points=10 + lot, kind="campaign", key=f"e{lot}", by="x", at=AT,
                expires_at=AT + DAY * (4 - lot),
            )  # fmt: skip
        ledger.earn(account=member, points=100, kind="campaign", key="stays", by="x", at=AT, expires_at=None)
        ids.append(member)
    return ids


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 1000])
def test_batches_of_any_size_do_the_same(crowd, batch):
    done = run(AT + 4 * DAY, batch=batch)
    assert len(done) == -(-7 // batch)
    assert sum(one.lots for one in done) == 1 + 2 + 3 + 4 + 1 + 2 + 3
    assert {queries.balance(member, at=AT + 4 * DAY).total for member in crowd} == {100}
    assert not PointsLot.objects.filter(open=True, expires_at__lte=AT + 4 * DAY).exists()
    assert audit.run().breaks == []


def test_a_transaction_stops_at_its_share_of_lots(crowd, monkeypatch):
    monkeypatch.setattr(expiry, "LOTS", 3)
    assert [done.lots for done in run(AT + 4 * DAY)] == [3, 3, 4, 3, 3]
    assert audit.run().breaks == []


def test_a_run_that_stopped_goes_on(crowd):
    run_once = expiry.expire_points(by=BY, at=AT + 4 * DAY, batch=2)
    next(run_once)
    run_once.close()
    assert sum(done.accounts for done in run(AT + 4 * DAY, batch=2)) == 5
    assert audit.run().breaks == []


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_an_account_that_is_broken_stops_nobody_else(crowd, batch):
    broken = crowd[3]
    with tampering() as cursor:  # less than its lots hold: booking them out would leave it below zero
        cursor.execute("UPDATE points_account SET unspent = 1 WHERE account_id = %s", [broken])
    done = run(AT + 4 * DAY, batch=batch)
    assert [account for one in done for account in one.failed] == [broken]
    assert sum(one.accounts for one in done) == 6
    assert {queries.balance(member, at=AT + 4 * DAY).total for member in crowd if member != broken} == {100}
    assert {found.account for found in audit.run().breaks} == {broken}


def test_what_is_no_account_s_fault_ends_the_run(crowd, monkeypatch):
    def lost(**_):
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(ledger, "expire", lost)
    with pytest.raises(OperationalError):
        run(AT + 4 * DAY)


def test_one_statement_books_a_batch_whatever_its_size(crowd, django_assert_num_queries):
    with django_assert_num_queries(5):  # the function in its savepoint, and a search before and after it
        run(AT + 4 * DAY)


@pytest.mark.parametrize("accounts", [[], [1] * 10_001])
def test_a_batch_has_a_limit(db, accounts):
    with pytest.raises(InvalidInput):
        ledger.expire(accounts=accounts, by=BY, at=AT)


def test_an_account_that_is_not_there_is_nothing(db):
    assert ledger.expire(accounts=[123_456], by=BY, at=AT).lots == 0


def test_the_search_reads_the_index_alone(crowd):
    member = next(iter(crowd))
    for number in range(200):  # lots that are spent are not in the index, and so it is the shorter way
        ledger.earn(account=member, points=1, kind="campaign", key=f"small:{number}", by=BY, at=AT - 2 * DAY)
    ledger.spend(account=member, points=200, kind="redeem", key="all", by=BY, at=AT - 2 * DAY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE points_lot")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + queries.ACCOUNTS_WITH_ENDED_LOTS, [AT, 0, 10, 10])
        assert "points_lot_to_use" in "".join(row[0] for row in cursor.fetchall())
