"""Points earned, spent and adjusted, rule by rule; a key is one posting."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from points import ledger
from points.ledger import queries, rules
from points.ledger.models import Kind, PointsAccount, PointsEntry, PointsLot
from tests.points.conftest import AT
from tests.points.ledger.conftest import DAY, available, refused, remaining

pytestmark = pytest.mark.usefixtures("no_break")


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
