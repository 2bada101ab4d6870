"""The ledger, rule by rule, through its own functions on PostgreSQL."""

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from core.errors import InvalidInput
from points import audit, ledger, queries, rules
from points.models import Kind, PointsAccount, PointsEntry, PointsHold, PointsLot
from tests.points.conftest import AT

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_break(db):
    """Whatever a test did through the ledger, the books are right after it."""
    yield
    if not connection.needs_rollback:
        assert audit.run().breaks == []


def available(member, at=AT):
    return queries.balance(member, at=at).available


def remaining(member):
    return list(PointsLot.objects.filter(account_id=member).order_by("seq").values_list("remaining", flat=True))


def refused(error):
    """A refusal breaks the transaction around it; the test goes on after the savepoint."""

    class Refused:
        def __enter__(self):
            self.atomic, self.raises = transaction.atomic(), pytest.raises(error)
            caught = self.raises.__enter__()
            self.atomic.__enter__()
            return caught

        def __exit__(self, *exception):
            try:
                self.atomic.__exit__(*exception)
            except error as again:
                exception = (error, again, again.__traceback__)
            return self.raises.__exit__(*exception)

    return Refused()


class TestEarning:
    def test_credits_a_lot_and_an_entry(self, own):
        posting = own.earn(200, kind="sign_up", source="welcome", reason="hello", rule_version="3")
        assert posting == ledger.Posting(seq=1, points=200, available=200, balance_after=200, repeated=False)
        entry = PointsEntry.objects.get(account_id=own.member)
        assert (entry.kind, entry.points, entry.source, entry.reason) == (Kind.SIGN_UP, 200, "welcome", "hello")
        assert (entry.by, entry.at, entry.rule_version) == ("member:1", AT, "3")
        assert remaining(own.member) == [200]

    def test_ends_by_the_rules_unless_told_otherwise(self, own, settings):
        settings.POINTS_EXPIRY_MONTHS = 12
        own.earn(1)
        own.earn(2, expires_at=None)
        own.earn(3, expires_at=AT + DAY)
        own.earn(4, active_from=AT + 60 * DAY)
        ends = PointsLot.objects.filter(account_id=own.member).order_by("seq").values_list("expires_at", flat=True)
        assert list(ends) == [rules.default_expiry(AT), None, AT + DAY, rules.default_expiry(AT + 60 * DAY)]

    def test_pending_points_are_not_available_before_their_day(self, own):
        own.earn(100)
        assert own.earn(50, active_from=AT + DAY).available == 100
        balance = queries.balance(own.member, at=AT)
        assert (balance.available, balance.pending, balance.pending_from) == (100, 50, AT + DAY)
        with refused(ledger.NotEnoughPoints) as error:
            own.spend(101)
        assert error.value.details == {"needed": 101, "available": 100}
        assert own.spend(150, at=AT + DAY).available == 0

    def test_keeps_how_it_came_about(self, own):
        own.earn(150, breakdown={"steps": [["88", "= 132"]]})
        assert PointsEntry.objects.get(account_id=own.member).breakdown == {"steps": [["88", "= 132"]]}

    def test_needs_a_member(self, db):
        with refused(ledger.UnknownAccount):
            ledger.earn(account=987_654_321, points=1, kind="adjust", key="k", by="staff:1", at=AT)
        assert not PointsAccount.objects.filter(pk=987_654_321).exists()

    def test_a_large_balance_does_not_overflow(self, own):
        for _ in range(3):
            posting = own.earn(ledger.MAX_POINTS)
        assert posting.balance_after == 3 * ledger.MAX_POINTS


class TestSpending:
    @pytest.mark.parametrize(("points", "left"), [(99, 1), (100, 0)])
    def test_up_to_what_is_there(self, own, points, left):
        own.earn(100)
        assert own.spend(points) == ledger.Posting(2, -points, left, left, False)

    def test_not_one_more(self, own):
        own.earn(100)
        with refused(ledger.NotEnoughPoints) as error:
            own.spend(101)
        assert error.value.details == {"needed": 101, "available": 100}
        assert available(own.member) == 100

    def test_who_never_earned_has_nothing(self, own):
        with refused(ledger.NotEnoughPoints) as error:
            own.spend(1)
        assert error.value.details == {"needed": 1, "available": 0}
        assert not PointsAccount.objects.exists()

    def test_takes_what_ends_soonest_and_the_endless_last(self, own):
        own.earn(10, expires_at=None)
        own.earn(10, expires_at=AT + 20 * DAY)
        own.earn(10, expires_at=AT + 10 * DAY)
        own.earn(10, expires_at=AT + 10 * DAY, active_from=AT - DAY)
        for expected in ([10, 10, 10, 4], [10, 10, 8, 0], [10, 10, 2, 0], [10, 6, 0, 0], [10, 0, 0, 0], [4, 0, 0, 0]):
            own.spend(6)
            assert remaining(own.member) == expected

    def test_of_equal_lots_the_first_one(self, own):
        own.earn(10)
        own.earn(10)
        own.spend(3)
        assert remaining(own.member) == [7, 10]

    @pytest.mark.parametrize(("seconds", "spendable"), [(-1, True), (0, False), (1, False)])
    def test_what_has_ended_by_the_clock_is_dead_though_nothing_swept_it(self, own, seconds, spendable):
        own.earn(10, expires_at=AT + DAY)
        own.earn(5, expires_at=None)
        at = AT + DAY + timedelta(seconds=seconds)
        assert available(own.member, at) == (15 if spendable else 5)
        if spendable:
            assert own.spend(15, at=at).available == 0
        else:
            with refused(ledger.NotEnoughPoints) as error:
                own.spend(6, at=at)
            assert error.value.details == {"needed": 6, "available": 5}
            assert own.spend(5, at=at).available == 0


class TestKeys:
    def test_the_same_key_posts_once(self, own):
        first = own.earn(100, key="k")
        again = own.earn(100, key="k", at=AT + DAY, reason="other words")
        assert (again.seq, again.balance_after, again.repeated) == (first.seq, 100, True)
        assert PointsEntry.objects.count() == 1

    def test_a_debit_repeated_with_nothing_left_is_no_refusal(self, own):
        own.earn(100)
        own.spend(100, key="k")
        assert own.spend(100, key="k") == ledger.Posting(2, -100, 0, 0, True)

    @pytest.mark.parametrize("change", [{"points": 11}, {"kind": "adjust"}, {"source": "order:2"}])
    def test_with_other_content_it_is_refused(self, own, change):
        own.earn(100)
        own.spend(10, key="k")
        with refused(ledger.KeyReused):
            own.spend(**{"points": 10, "key": "k"} | change)
        assert available(own.member) == 90

    def test_entries_holds_and_releases_share_one_namespace(self, own):
        own.earn(100, key="earned")
        own.spend(10, key="spent")
        own.hold(10, key="held")
        own.hold(10, key="held too")
        own.release("held", key="released")
        own.hold(10, key="taken")
        own.capture("taken", key="captured")
        own.refund("spent", 5, key="refunded")
        used = ["earned", "spent", "held", "released", "captured", "refunded"]
        for key in used:
            if key != "earned":
                with refused(ledger.KeyReused):
                    own.earn(7, key=key)
            if key != "held":
                with refused(ledger.KeyReused):
                    own.hold(7, key=key)
            with refused(ledger.KeyReused):
                own.spend(7, key=key)
            if key != "captured":
                with refused(ledger.KeyReused):
                    own.capture("held too", key=key)
            if key != "released":
                with refused(ledger.KeyReused):
                    own.release("held too", key=key)
            if key != "refunded":
                with refused(ledger.KeyReused):
                    own.refund("spent", 1, key=key)

    def test_two_members_may_use_the_same_key(self, own, django_user_model):
        other = django_user_model.objects.create(username="other", date_joined=AT).pk
        own.earn(1, key="k")
        ledger.earn(account=other, points=2, kind="campaign", key="k", by="x", at=AT)
        assert (available(own.member), available(other)) == (1, 2)


class TestHolds:
    def test_set_points_aside_without_an_entry(self, own):
        own.earn(100)
        hold = own.hold(60, key="h", expires_at=AT + DAY)
        assert hold == ledger.Hold(2, 60, "open", AT + DAY, 40, False)
        balance = queries.balance(own.member, at=AT)
        assert (balance.available, balance.held, balance.holds, balance.total) == (40, 60, 1, 100)
        assert PointsEntry.objects.count() == 1
        with refused(ledger.NotEnoughPoints):
            own.spend(41)
        with refused(ledger.NotEnoughPoints):
            own.hold(41)

    def test_capture_is_one_debit(self, own):
        own.earn(100)
        own.hold(60, key="h", source="order:1")
        posting = own.capture("h", key="c", reason="paid")
        assert posting == ledger.Posting(3, -60, 40, 40, False)
        entry = PointsEntry.objects.get(account_id=own.member, seq=3)
        assert (entry.kind, entry.source, entry.reason, entry.hold_seq) == (Kind.REDEEM, "order:1", "paid", 2)
        assert queries.balance(own.member, at=AT).held == 0
        assert own.capture("h", key="c") == ledger.Posting(3, -60, 40, 40, True)

    def test_release_gives_back_to_the_lots(self, own):
        own.earn(30, expires_at=AT + 10 * DAY)
        own.earn(70, expires_at=AT + 20 * DAY)
        own.hold(60, key="h")
        released = own.release("h", key="r")
        assert released == ledger.Released(
            60, (ledger.Piece(30, AT + 20 * DAY, False), ledger.Piece(30, AT + 10 * DAY, False)), 0, 100, False
        )
        assert remaining(own.member) == [30, 70]
        assert own.hold(60, key="h").state == "released"

    @pytest.mark.parametrize("key", ["r", "another road to the same end"])
    def test_release_twice_is_one(self, own, key):
        own.earn(100)
        own.hold(60, key="h")
        first = own.release("h", key="r")
        again = own.release("h", key=key, at=AT + DAY)
        assert (again.points, again.pieces, again.available, again.repeated) == (60, first.pieces, 100, True)

    def test_a_hold_ends_one_way(self, own):
        own.earn(100)
        own.hold(10, key="a")
        own.hold(10, key="b")
        own.release("a", key="ra")
        own.capture("b", key="cb")
        with refused(ledger.HoldNotOpen) as error:
            own.capture("a", key="ca")
        assert error.value.details == {"hold": "a", "state": "released"}
        with refused(ledger.HoldNotOpen):
            own.release("b", key="rb")
        with refused(ledger.HoldNotOpen):
            own.capture("b", key="cb again")
        assert available(own.member) == 90

    def test_held_points_do_not_end(self, own):
        own.earn(100, expires_at=AT + DAY)
        own.hold(60, key="h")
        later = AT + 30 * DAY
        assert own.capture("h", key="c", at=later).points == -60
        assert available(own.member, later) == 0

    def test_released_after_the_end_they_get_grace(self, own):
        own.earn(100, expires_at=AT + DAY)
        own.hold(60, key="h")
        later = AT + 30 * DAY
        released = own.release("h", key="r", at=later)
        assert released.pieces == (ledger.Piece(60, later + 14 * DAY, True),)
        assert (released.lost, released.available) == (0, 60)

    def test_released_after_the_end_without_grace_they_are_lost(self, own):
        own.earn(100, expires_at=AT + DAY)
        own.hold(60, key="h")
        released = own.release("h", key="r", at=AT + 30 * DAY, grace_days=0)
        assert (released.points, released.lost, released.available) == (60, 60, 0)

    def test_unknown_ones(self, own):
        own.earn(100)
        with refused(ledger.UnknownHold):
            own.capture("none", key="c")
        with refused(ledger.UnknownHold):
            own.release("none", key="r")


class TestRefunds:
    def test_walk_back_from_the_last_lot_with_the_old_ends(self, own):
        for days in (10, 20, 30):
            own.earn(10, expires_at=AT + days * DAY)
        own.spend(25, key="s")
        assert remaining(own.member) == [0, 0, 5]
        refund = own.refund("s", 8, key="r1")
        assert refund.pieces == (ledger.Piece(5, AT + 30 * DAY, False), ledger.Piece(3, AT + 20 * DAY, False))
        assert (refund.points, refund.available, refund.balance_after) == (8, 13, 13)
        own.refund("s", 7, key="r2")
        assert remaining(own.member) == [0, 10, 10]
        own.refund("s", 10, key="r3")
        assert remaining(own.member) == [10, 10, 10]

    @pytest.mark.parametrize("parts", [(26,), (25, 1), (10, 10, 6)])
    def test_never_more_than_was_spent(self, own, parts):
        own.earn(100)
        own.spend(25, key="s")
        for part in parts[:-1]:
            own.refund("s", part)
        with refused(ledger.TooMuchRefunded) as error:
            own.refund("s", parts[-1])
        assert error.value.details == {"asked": parts[-1], "left": 25 - sum(parts[:-1])}
        assert available(own.member) == 75 + sum(parts[:-1])

    def test_of_an_ended_lot_get_grace(self, own):
        own.earn(40, expires_at=AT + DAY)
        own.earn(80, expires_at=AT + 60 * DAY)
        own.spend(120, key="s")
        at = AT + 30 * DAY
        refund = own.refund("s", 120, key="r", at=at)
        assert refund.pieces == (ledger.Piece(80, AT + 60 * DAY, False), ledger.Piece(40, at + 14 * DAY, True))
        assert (refund.lost, refund.available) == (0, 120)
        grace = PointsLot.objects.get(account_id=own.member, origin__isnull=False)
        assert (grace.origin, grace.points, grace.expires_at) == (1, 40, at + 14 * DAY)
        assert available(own.member, at + 14 * DAY) == 80

    @pytest.mark.parametrize(("seconds", "grace"), [(-1, False), (0, True), (1, True)])
    def test_get_grace_from_the_moment_their_lot_ends(self, own, seconds, grace):
        own.earn(40, expires_at=AT + DAY)
        own.spend(40, key="s")
        refund = own.refund("s", 40, at=AT + DAY + timedelta(seconds=seconds))
        assert [piece.is_grace for piece in refund.pieces] == [grace]

    def test_without_grace_they_stay_ended(self, own):
        own.earn(40, expires_at=AT + DAY)
        own.earn(80, expires_at=AT + 60 * DAY)
        own.spend(120, key="s")
        refund = own.refund("s", 120, key="r", at=AT + 30 * DAY, grace_days=0)
        assert (refund.points, refund.lost, refund.available) == (120, 40, 80)
        with refused(ledger.NotEnoughPoints):
            own.spend(81, at=AT + 30 * DAY)

    def test_of_points_with_grace_go_back_to_them(self, own):
        own.earn(40, expires_at=AT + DAY)
        own.spend(40, key="s")
        own.refund("s", 40, at=AT + 2 * DAY)
        own.spend(40, key="s2", at=AT + 3 * DAY)
        refund = own.refund("s2", 40, at=AT + 4 * DAY)
        assert refund.pieces == (ledger.Piece(40, AT + 16 * DAY, False),)

    def test_of_a_capture(self, own):
        own.earn(100)
        own.hold(60, key="h", source="order:1")
        own.capture("h", key="c")
        assert own.refund("c", 20).available == 60
        assert PointsEntry.objects.filter(kind=Kind.REFUND).get().source == "order:1"

    def test_repeated_is_one(self, own):
        own.earn(100)
        own.spend(25, key="s")
        first = own.refund("s", 25, key="r")
        again = own.refund("s", 25, key="r", at=AT + DAY)
        assert (again.seq, again.pieces, again.balance_after, again.repeated) == (first.seq, first.pieces, 100, True)
        with refused(ledger.KeyReused):
            own.refund("s", 24, key="r")

    @pytest.mark.parametrize("spent", ["none", "earned", "held"])
    def test_only_of_debits(self, own, spent):
        own.earn(100, key="earned")
        own.hold(10, key="held")
        with refused(ledger.UnknownEntry):
            own.refund(spent, 1)


BAD = {
    "points": [0, -1, 2**31, 1.5, "10", True, None],
    "key": ["", "k" * 129, 7, None, "a\0b"],
    "by": ["", "b" * 65, None],
    "at": [None, "now", datetime(2026, 11, 20)],
    "account": [0, -1, 2**63, "1", None, True],
    "kind": ["", "gift", None, Kind.REFUND],
    "source": ["s" * 65, None],
    "reason": ["r" * 201, None],
}


TAKES = {
    "earn": {"points": 1, "kind": "campaign", "source": "", "reason": ""},
    "spend": {"points": 1, "kind": "redeem", "source": "", "reason": ""},
    "hold": {"points": 1, "source": ""},
    "capture": {"hold": "h", "reason": "", "kind": "redeem"},
    "release": {"hold": "h"},
    "refund": {"spent": "s", "points": 1, "reason": ""},
}
COMMON = {"account": 1, "key": "k", "by": "x", "at": AT}


@pytest.mark.parametrize(
    ("verb", "field", "value"),
    [
        (verb, field, value)
        for verb, takes in TAKES.items()
        for field in takes | COMMON
        for value in BAD.get(field, ["", "h" * 129])
    ],
)
def test_bad_input_never_reaches_the_database(verb, field, value):
    with pytest.raises(InvalidInput) as error:
        getattr(ledger, verb)(**TAKES[verb] | COMMON | {field: value})
    assert error.value.details == {"field": field}


@pytest.mark.parametrize("value", [AT, AT - DAY, "never", datetime(2027, 1, 1)])
def test_points_cannot_end_before_they_begin(own, value):
    with pytest.raises(InvalidInput):
        own.earn(1, expires_at=value)


def test_the_longest_and_largest_that_are_allowed(own):
    own.earn(ledger.MAX_POINTS, key="k" * 128, source="s" * 64, reason="积" * 200)
    assert own.spend(ledger.MAX_POINTS, key="s" * 128).available == 0


def test_a_refusal_marks_the_transaction_around_it(own):
    own.earn(10)
    with transaction.atomic():
        with pytest.raises(ledger.NotEnoughPoints):
            own.spend(11)
        with pytest.raises(TransactionManagementError):
            own.spend(1)
        transaction.set_rollback(True)
    assert available(own.member) == 10


def test_joins_the_transaction_around_it(own):
    own.earn(10)
    with transaction.atomic():
        own.spend(4)
        transaction.set_rollback(True)
    assert available(own.member) == 10
    assert not PointsHold.objects.exists()
