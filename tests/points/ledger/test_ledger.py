"""The ledger, rule by rule, through its own functions on PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from core.errors import InvalidInput
from points import ledger
from points.ledger import audit, queries, rules
from points.ledger.models import Kind, PointsAccount, PointsAllocation, PointsEntry, PointsHold, PointsLot
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
        released = own.release("h", key="r", at=AT + 5 * DAY)
        assert released.pieces == (ledger.Piece(60, AT + 15 * DAY, True),)
        assert (released.lost, released.available) == (0, 60)

    @pytest.mark.parametrize(("seconds", "lost"), [(-1, 0), (0, 60), (1, 60)])
    def test_grace_counts_from_their_own_end(self, own, seconds, lost):
        own.earn(100, expires_at=AT + DAY)
        own.hold(60, key="h")
        assert own.release("h", at=AT + 15 * DAY + timedelta(seconds=seconds)).lost == lost

    def test_holding_again_and_again_prolongs_nothing(self, own):
        """Five unpaid orders, each over the end of what it holds."""
        at = AT
        own.earn(100, expires_at=AT + DAY)
        for n in range(5):
            if available(own.member, at):
                own.hold(100, key=f"h{n}", at=at)
                at += 13 * DAY
                own.release(f"h{n}", at=at)
        ends = PointsLot.objects.order_by("seq").values_list("expires_at", flat=True)
        assert list(ends) == [AT + DAY, AT + 15 * DAY]
        assert queries.balance(own.member, at=AT + 15 * DAY).available == 0

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

    @pytest.mark.parametrize(
        ("late", "ends"),
        [(5 * DAY, AT + 15 * DAY), (14 * DAY - timedelta(seconds=1), AT + 15 * DAY), (14 * DAY, None)],
    )
    def test_of_who_changed_their_mind_count_from_the_end(self, own, late, ends):
        own.earn(40, expires_at=AT + DAY)
        own.spend(40, key="s")
        refund = own.refund("s", 40, at=AT + DAY + late, grace_from_end=True)
        assert refund.pieces == (ledger.Piece(40, ends or AT + DAY, ends is not None),)
        assert refund.lost == (0 if ends else 40)

    @pytest.mark.parametrize("grace_from_end", [True, False])
    def test_have_grace_once(self, own, grace_from_end):
        """Five returns, each after the end of what was spent."""
        at = AT
        own.earn(40, expires_at=AT + DAY)
        for n in range(5):
            if available(own.member, at):
                own.spend(40, key=f"s{n}", at=at)
                at += 13 * DAY
                own.refund(f"s{n}", 40, at=at, grace_from_end=grace_from_end)
        last = AT + (15 if grace_from_end else 27) * DAY
        assert PointsLot.objects.order_by("seq").last().expires_at == last
        assert available(own.member, last) == 0

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


class TestClawbacks:
    """B8: an earning's points are taken back when the reason for them is gone."""

    def test_takes_from_its_own_lot_first(self, own):
        own.earn(50, expires_at=AT + DAY)
        own.earn(100, key="e", expires_at=AT + 90 * DAY)
        clawback = own.clawback("e", 60, key="c", source="order:1", reason="parcel came back")
        assert clawback == ledger.Clawback(3, 60, 0, 0, 90, 90, False)
        assert remaining(own.member) == [50, 40]
        entry = PointsEntry.objects.get(account_id=own.member, seq=3)
        assert (entry.kind, entry.points, entry.reverses, entry.source) == (Kind.CLAWBACK, -60, 2, "order:1")
        assert own.clawback("e", 60, key="c", source="order:1") == ledger.Clawback(3, 60, 0, 0, 90, 90, True)

    def test_takes_a_pending_lot_before_anything_else(self, own):
        own.earn(50)
        own.earn(100, key="e", active_from=AT + 7 * DAY)
        clawback = own.clawback("e", 100)
        assert (clawback.taken, clawback.available) == (100, 50)
        assert queries.balance(own.member, at=AT).pending == 0

    def test_then_what_ends_soonest_then_what_is_pending(self, own):
        own.earn(10, expires_at=None, active_from=AT + DAY)
        own.earn(30, key="e", expires_at=AT + 5 * DAY)
        own.spend(30)
        own.earn(10, expires_at=AT + 20 * DAY)
        own.earn(10, expires_at=AT + 10 * DAY)
        own.clawback("e", 5)
        assert remaining(own.member) == [10, 0, 10, 5]
        own.clawback("e", 10)
        assert remaining(own.member) == [10, 0, 5, 0]
        own.clawback("e", 15)
        assert remaining(own.member) == [0, 0, 0, 0]

    def test_takes_what_came_back_to_its_grace_lot(self, own):
        own.earn(30, key="e", expires_at=AT + DAY)
        own.earn(30, expires_at=AT + 3 * DAY)
        own.spend(30, key="s")
        own.refund("s", 30, at=AT + 2 * DAY)
        own.clawback("e", 30, at=AT + 2 * DAY)
        assert remaining(own.member) == [0, 30, 0]

    def test_takes_its_own_ended_points_rather_than_good_ones(self, own):
        own.earn(30, key="e", expires_at=AT + DAY)
        own.earn(30, expires_at=None)
        assert own.clawback("e", 30, at=AT + 2 * DAY).available == 30

    @pytest.mark.parametrize(
        ("policy", "taken", "owed", "skipped", "left", "debt"),
        [("debt", 30, 50, 0, 0, 50), ("within_balance", 30, 0, 50, 0, 0), ("skip", 0, 0, 80, 30, 0)],
    )
    def test_what_is_not_there_goes_by_policy(self, own, policy, taken, owed, skipped, left, debt):
        own.earn(100, key="e")
        own.spend(70)
        clawback = own.clawback("e", 80, policy=policy)
        assert (clawback.taken, clawback.owed, clawback.skipped, clawback.available) == (taken, owed, skipped, left)
        balance = queries.balance(own.member, at=AT)
        assert (balance.available, balance.debt) == (left, debt)
        assert clawback.balance_after == left - debt
        assert (clawback.seq is None) == (policy == "skip")

    @pytest.mark.parametrize("policy", ledger.POLICIES)
    def test_what_is_there_is_taken_by_every_policy(self, own, policy):
        own.earn(100, key="e")
        clawback = own.clawback("e", 100, policy=policy, key="c")
        assert (clawback.taken, clawback.owed, clawback.skipped) == (100, 0, 0)

    def test_nothing_there_is_nothing_entered(self, own):
        own.earn(100, key="e")
        own.spend(100)
        clawback = own.clawback("e", 100, policy="within_balance", key="c")
        assert clawback == ledger.Clawback(None, 0, 0, 100, 0, 0, False)
        assert not PointsEntry.objects.filter(kind=Kind.CLAWBACK).exists()

    @pytest.mark.parametrize("parts", [(101,), (60, 41)])
    def test_never_more_than_was_earned(self, own, parts):
        own.earn(100, key="e")
        own.earn(500)
        for part in parts[:-1]:
            own.clawback("e", part)
        with refused(ledger.TooMuchClawedBack) as error:
            own.clawback("e", parts[-1])
        assert error.value.details == {"asked": parts[-1], "left": 100 - sum(parts[:-1])}

    @pytest.mark.parametrize("earned", ["none", "spent", "returned", "held"])
    def test_only_of_earnings(self, own, earned):
        own.earn(100)
        own.spend(20, key="spent")
        own.refund("spent", 10, key="returned")
        own.hold(10, key="held")
        with refused(ledger.UnknownEntry):
            own.clawback(earned, 1)

    def test_held_points_stay_held(self, own):
        own.earn(100, key="e")
        own.hold(80, key="h")
        clawback = own.clawback("e", 100)
        assert (clawback.taken, clawback.owed) == (20, 80)
        assert queries.balance(own.member, at=AT).held == 80
        assert own.capture("h", key="c").balance_after == -80

    @pytest.mark.parametrize("other", [{"points": 59}, {"policy": "skip"}, {"earned": "e2"}, {"source": "order:2"}])
    def test_the_same_key_with_another_content_is_refused(self, own, other):
        own.earn(100, key="e")
        own.earn(100, key="e2")
        own.clawback("e", 60, key="c")
        with refused(ledger.KeyReused):
            own.clawback(**{"earned": "e", "points": 60, "key": "c"} | other)


class TestDebt:
    """What a clawback did not find is paid by the next points, whatever their way."""

    @pytest.fixture
    def owing(self, own):
        """Owes 50; 30 of another 100 spent (``s``), 40 held (``h``)."""
        own.earn(100, key="e")
        own.spend(30, key="s", source="order:1")
        own.hold(40, key="h")
        assert own.clawback("e", 80, key="c").owed == 50
        return own

    @pytest.mark.parametrize(("points", "paid", "left"), [(49, 49, 0), (50, 50, 0), (51, 50, 1)])
    def test_an_earning_pays_first(self, owing, points, paid, left):
        posting = owing.earn(points, key="n", kind="sign_in", breakdown={"steps": [["daily", "= 5"]]})
        assert (posting.points, posting.paid_debt, posting.available) == (points, paid, left)
        assert posting.balance_after == points - 50 + 40
        assert PointsEntry.objects.get(key="n").breakdown == {"steps": [["daily", "= 5"]], "debt": paid}
        assert queries.balance(owing.member, at=AT).debt == 50 - paid
        again = owing.earn(points, key="n", kind="sign_in")
        assert (again.paid_debt, again.repeated) == (paid, True)

    def test_a_refund_pays_first(self, owing):
        refund = owing.refund("s", 30, key="r")
        assert (refund.points, refund.paid_debt, refund.available) == (30, 30, 0)
        assert queries.balance(owing.member, at=AT).debt == 20
        again = owing.refund("s", 30, key="r")
        assert (again.paid_debt, again.pieces, again.repeated) == (30, refund.pieces, True)

    def test_a_release_pays_first(self, owing):
        released = owing.release("h", key="r")
        assert (released.points, released.paid_debt, released.available) == (40, 40, 0)
        assert queries.balance(owing.member, at=AT).debt == 10
        assert owing.release("h", key="r").paid_debt == 40

    def test_points_that_come_back_dead_pay_nothing(self, own):
        own.earn(100, key="e", expires_at=AT + DAY)
        own.spend(100, key="s")
        own.clawback("e", 60)
        refund = own.refund("s", 100, at=AT + 2 * DAY, grace_days=0)
        assert (refund.lost, refund.paid_debt) == (100, 0)
        assert queries.balance(own.member, at=AT + 2 * DAY).debt == 60

    def test_pending_points_pay_too(self, owing):
        assert owing.earn(70, active_from=AT + DAY).paid_debt == 50
        balance = queries.balance(owing.member, at=AT)
        assert (balance.available, balance.pending, balance.debt) == (0, 20, 0)

    def test_the_oldest_debt_is_paid_first(self, own):
        own.earn(40, key="a")
        own.earn(40, key="b")
        own.spend(80)
        own.clawback("a", 40, key="ca")
        own.clawback("b", 40, key="cb")
        own.earn(50)
        paid = own.clawback("b", 40, key="cb")
        assert (paid.taken, paid.owed) == (0, 40)  # what was said stays said
        sums = PointsAllocation.objects.filter(taker__in=(4, 5)).values_list("taker", "points")
        assert sorted(sums) == [(4, 40), (5, 10)]

    def test_an_earning_that_paid_can_be_taken_back_itself(self, owing):
        owing.earn(50, key="n")
        clawback = owing.clawback("n", 50)
        assert (clawback.taken, clawback.owed) == (0, 50)

    def test_nothing_can_be_spent_on_debt(self, owing):
        with refused(ledger.NotEnoughPoints) as error:
            owing.spend(1)
        assert error.value.details == {"needed": 1, "available": 0}


class TestAdjusting:
    def test_more(self, own):
        posting = own.adjust(25, reason="lost parcel")
        assert (posting.points, posting.available) == (25, 25)
        entry = PointsEntry.objects.get(account_id=own.member)
        assert (entry.kind, entry.reason) == (Kind.ADJUST, "lost parcel")

    def test_fewer(self, own):
        own.earn(100)
        assert own.adjust(-25).available == 75
        assert PointsEntry.objects.get(points__lt=0).kind == Kind.ADJUST

    def test_never_below_zero(self, own):
        own.earn(10)
        with refused(ledger.NotEnoughPoints):
            own.adjust(-11)

    @pytest.mark.parametrize(
        "bad", [{"points": 0}, {"points": 1.5}, {"points": -(2**31)}, {"points": True}, {"reason": ""}]
    )
    def test_needs_points_and_a_reason(self, own, bad):
        with pytest.raises(InvalidInput):
            own.adjust(**bad)


BAD = {
    "policy": ["", "forget", None],
    "points": [0, -1, 2**31, 1.5, "10", True, None],
    "key": ["", "k" * 129, 7, None, "a\0b", "a\ud83d", "expire:1", "begin:1:2"],
    "by": ["", "b" * 65, None, "\udc00"],
    "at": [None, "now", datetime(2026, 11, 20), datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)],
    "account": [0, -1, 2**63, "1", None, True],
    "kind": ["", "gift", None, Kind.REFUND],
    "source": ["s" * 65, None, "order:\ud800"],
    "reason": ["r" * 201, None, "半\ude00"],
}


TAKES = {
    "earn": {"points": 1, "kind": "campaign", "source": "", "reason": ""},
    "spend": {"points": 1, "kind": "redeem", "source": "", "reason": ""},
    "hold": {"points": 1, "source": ""},
    "capture": {"hold": "h", "reason": "", "kind": "redeem"},
    "release": {"hold": "h"},
    "refund": {"spent": "s", "points": 1, "reason": ""},
    "clawback": {"earned": "e", "points": 1, "policy": "debt", "kind": "clawback", "source": "", "reason": ""},
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


@pytest.mark.parametrize(
    "breakdown", [{"steps": [["\ud800", 1]]}, {"a": "\0"}, {"a": float("nan")}, {"a": object()}, {"a\udfff": 1}]
)
def test_a_breakdown_is_what_the_database_can_keep(own, breakdown):
    with pytest.raises(InvalidInput):
        own.earn(1, breakdown=breakdown)


@pytest.mark.parametrize("value", [AT, AT - DAY, "never", datetime(2027, 1, 1), datetime.max.replace(tzinfo=UTC)])
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
