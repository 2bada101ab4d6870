"""Points given back to the lots they came from, rule by rule."""

from datetime import timedelta

import pytest

from points import ledger
from points.ledger.models import Kind, PointsEntry, PointsLot
from tests.points.conftest import AT
from tests.points.ledger.conftest import DAY, available, refused, remaining

pytestmark = pytest.mark.usefixtures("no_break")


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
