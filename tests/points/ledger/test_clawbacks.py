"""Points taken back, and the debt where they are gone, rule by rule."""

import pytest

from points import ledger
from points.ledger import queries
from points.ledger.models import Kind, PointsAllocation, PointsEntry
from tests.points.conftest import AT
from tests.points.ledger.conftest import DAY, refused, remaining

pytestmark = pytest.mark.usefixtures("no_break")


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
