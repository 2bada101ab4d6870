"""Points held, captured and released, rule by rule."""

from datetime import timedelta

import pytest

from points import ledger
from points.ledger import queries
from points.ledger.models import Kind, PointsEntry, PointsLot
from tests.points.conftest import AT
from tests.points.ledger.conftest import DAY, available, refused, remaining

pytestmark = pytest.mark.usefixtures("no_break")


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
