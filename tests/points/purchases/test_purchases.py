"""Purchases come in, earn by the rules of their moment, and give back what was refunded."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from core.errors import InvalidInput
from points.earning.models import EarningTally
from points.ledger import audit, queries
from points.purchases.models import Purchase
from points.purchases.services import purchases
from tests.points.earning.conftest import AT, DAY, buy, entries, give_back, new_member

SHOP = ZoneInfo("Asia/Shanghai")


def shop(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHOP)


# Earning


@pytest.mark.parametrize(
    ("yuan", "points"), [("0.01", 0), ("0.99", 0), ("1.00", 1), ("1.99", 1), ("88.00", 88), ("100.50", 100)]
)
def test_points_are_rounded_down_once(member, yuan, points):
    booked = buy(member, float(yuan))
    assert booked.points == points
    assert sum(entry.points for entry in entries(member)) == points


def test_the_breakdown_is_kept_with_the_entry(member):
    booked = buy(member, 88)
    (entry,) = entries(member)
    assert entry.breakdown["steps"] == booked.steps
    assert entry.rule_version == "v1"
    assert (entry.kind, entry.at) == ("purchase", AT)


def test_points_become_usable_when_the_after_sale_window_closes(member, parameters):
    parameters["points.after_sale_days"] = 7
    buy(member, 100)
    assert queries.balance(member, at=AT + 7 * DAY - timedelta(seconds=1)).available == 0
    assert queries.balance(member, at=AT).pending == 100
    assert queries.balance(member, at=AT + 7 * DAY).available == 100


def test_who_records_may_say_when_points_become_usable(member):
    buy(member, 100, available_from=AT + 30 * DAY)
    assert queries.balance(member, at=AT + 29 * DAY).available == 0
    assert queries.balance(member, at=AT + 30 * DAY).available == 100


def test_a_purchase_without_points_is_kept_and_says_why(member):
    booked = buy(member, 0.5, number="A")
    assert booked.points == 0
    assert booked.steps
    assert entries(member) == []
    assert Purchase.objects.get(number="A").steps == booked.steps
    assert buy(member, 0.5, number="A").steps == booked.steps


def test_the_same_purchase_again_changes_nothing(member):
    first = buy(member, lines=[("a", 5000), ("b", 3000)], number="A")
    again = buy(member, lines=[("b", 3000), ("a", 5000)], number="A")
    assert (first.repeated, again.repeated) == (False, True)
    assert again.points == first.points
    assert len(entries(member)) == 1
    assert EarningTally.objects.get(member=member, behaviour="").times == 1


@pytest.mark.parametrize(
    "other",
    [{"lines": [("a", 5001)]}, {"lines": [("b", 5000)]}, {"lines": [("a", 5000), ("a", 1)]}, {"paid_at": AT + DAY}],
)
def test_the_same_number_with_other_content_is_refused(member, other):
    buy(member, lines=[("a", 5000)], number="A")
    with pytest.raises(purchases.PurchaseDiffers):
        buy(member, **{"lines": [("a", 5000)], "number": "A", **other})
    assert len(entries(member)) == 1


def test_the_same_number_of_another_member_is_refused(member):
    buy(member, 50, number="A")
    with pytest.raises(purchases.PurchaseDiffers):
        buy(new_member(), 50, number="A")


def test_sources_have_numbers_of_their_own(member):
    buy(member, 50, number="A", source="mall")
    buy(member, 60, number="A", source="partner:tea")
    assert [(entry.points, entry.source) for entry in entries(member)] == [
        (50, "order:A"),
        (60, f"purchase:{Purchase.objects.get(source='partner:tea').pk}"),
    ]


@pytest.mark.parametrize("lines", [[], [("a", 0)], [("a", -1), ("b", 5)], [("a", 1.5)], [("a\0", 5)]])
def test_odd_lines_are_refused(member, lines):
    with pytest.raises(InvalidInput):
        purchases.record(member=member, source="file", number="A", lines=lines, paid_at=AT, by="system:test", at=AT)


@pytest.mark.parametrize(
    "paid_at",
    [
        AT.replace(tzinfo=None),
        datetime(465, 5, 8, tzinfo=timezone(timedelta(hours=21, minutes=3))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
def test_odd_moments_are_refused(member, paid_at):
    with pytest.raises(InvalidInput):
        buy(member, 10, paid_at=paid_at, at=AT)


def test_any_displacement_is_the_same_moment(member):
    odd = timezone(timedelta(hours=21, minutes=3))
    buy(member, 10, number="A", paid_at=AT.astimezone(odd), at=AT)
    assert Purchase.objects.get().paid_at == AT
    assert buy(member, 10, number="A", paid_at=AT).repeated


def test_a_tier_reached_by_one_purchase_counts_for_the_next(member):
    checked = [purchases.checked(member, "file", f"{n}", [("", 60_000)], AT + n * DAY) for n in range(4)]
    booked = purchases.record_many(checked, by="system:test", at=AT + 9 * DAY, replaying=True)
    assert [outcome.points for outcome in booked] == [600, 600, 720, 720]  # silver from 1000 on: x 1.2
    assert [p.tier for p in Purchase.objects.order_by("paid_at")] == ["normal", "normal", "silver", "silver"]


def test_a_purchase_is_booked_as_of_when_it_was_paid(member):
    paid_at = datetime(2025, 3, 31, 15, 59, 59, tzinfo=UTC)  # the last second of March in the shop
    buy(member, 100, paid_at=paid_at, at=AT)
    (entry,) = entries(member)
    assert entry.at == paid_at
    assert EarningTally.objects.filter(member=member, day="2025-03-31").count() == 2


# Caps (C10)


@pytest.mark.parametrize(
    ("first", "second", "granted"), [(99, 1, 1), (99, 2, 1), (100, 1, 0), (0, 100, 100), (0, 101, 100)]
)
def test_points_of_a_day_are_capped(member, caps, first, second, granted):
    caps(purchase=(100, None))
    if first:
        assert buy(member, first).points == first
    booked = buy(member, second)
    assert booked.points == granted
    if granted < second:
        assert booked.steps[-1][2] == {"most": 100, "cut": second - granted}
        assert booked.steps[-1][1] == str(granted)


def test_the_lower_of_two_caps_counts(member, caps):
    caps(total=80, purchase=(100, None))
    assert buy(member, 90).points == 80
    assert buy(member, 90).points == 0


def test_so_many_times_a_day(member, caps):
    caps(purchase=(None, 2))
    assert [buy(member, 10).points for _ in range(3)] == [10, 10, 0]
    assert buy(member, 10, paid_at=AT + DAY).points == 10


@pytest.mark.parametrize(
    ("one", "other", "is_same_day"),
    [
        ("2026-11-20T00:00:00", "2026-11-20T23:59:59", True),
        ("2026-11-20T23:59:59", "2026-11-21T00:00:00", False),
        ("2028-02-28T23:59:59", "2028-02-29T00:00:00", False),
        ("2028-02-29T00:00:00", "2028-02-29T23:59:59", True),
        ("2026-12-31T23:59:59", "2027-01-01T00:00:00", False),
        ("2026-01-31T23:59:59", "2026-02-01T00:00:00", False),
    ],
)
def test_a_day_ends_at_the_shops_midnight(member, caps, one, other, is_same_day):
    caps(purchase=(100, None))
    assert buy(member, 100, paid_at=shop(one)).points == 100
    assert buy(member, 100, paid_at=shop(other)).points == (0 if is_same_day else 100)


def test_a_batch_counts_as_one_after_the_other(member, caps):
    caps(purchase=(100, None))
    checked = [purchases.checked(member, "file", f"{n}", [("", 4_000)], AT) for n in range(4)]
    booked = purchases.record_many(checked, by="system:test", at=AT, replaying=True)
    assert [outcome.points for outcome in booked] == [40, 40, 20, 0]
    assert EarningTally.objects.get(member=member, behaviour="purchase").points == 100


# Refunds (B8)


def test_a_refund_takes_back_in_proportion_and_the_last_takes_the_rest(member):
    buy(member, 100, number="A")
    assert [give_back("A", 33.33), give_back("A", 33.33), give_back("A", 33.34)] == [33, 33, 34]
    assert queries.balance(member, at=AT + 30 * DAY).total == 0


@pytest.mark.parametrize("category", [lambda n: "household", lambda n: f"c{n}"], ids=["one category", "many"])
def test_points_of_many_small_lines_go_back_with_the_money(member, category):
    """Rounded down for each line, 99 of 100 yuan went back with hardly a point."""
    lines = [(category(n), 150) for n in range(100)]
    booked = purchases.record(
        member=member, source="test", number="A", lines=lines, paid_at=AT, by="system:test", at=AT
    ).points
    taken = 0
    for n, fen in enumerate((149, 7_351, 7_400)):
        taken += purchases.refund(
            source="test", number="A", refund_number=str(n), amount_fen=fen, by="system:test", at=AT + DAY
        )
        back = sum((149, 7_351, 7_400)[: n + 1])
        assert taken >= booked * back // 15_000 - 1
    assert taken == booked * 14_900 // 15_000
    purchases.refund(source="test", number="A", refund_number="rest", amount_fen=100, by="system:test", at=AT + DAY)
    found = Purchase.objects.get(number="A")
    assert found.points_back == booked == sum(line.points_back for line in found.lines.all())


def test_a_refund_of_one_category_takes_that_lines_points(member):
    buy(member, lines=[("imported_fruit", 10_000), ("tea", 10_000)], number="A")
    assert entries(member)[0].points == 250
    assert give_back("A", 100, category="imported_fruit") == 150
    assert give_back("A", 50, category="tea") == 50
    with pytest.raises(purchases.RefundTooLarge):
        give_back("A", 50.01, category="tea")
    assert give_back("A", 50) == 50
    assert Purchase.objects.get(number="A").points_back == 250


def test_a_refund_again_changes_nothing(member):
    buy(member, 100, number="A")
    assert give_back("A", 40, refund_number="R") == 40
    assert give_back("A", 40, refund_number="R", at=AT + 2 * DAY) == 40
    assert Purchase.objects.get(number="A").refunded_fen == 4000
    with pytest.raises(purchases.RefundDiffers):
        give_back("A", 41, refund_number="R")


def test_never_more_than_was_paid(member):
    buy(member, 100, number="A")
    give_back("A", 60)
    with pytest.raises(purchases.RefundTooLarge):
        give_back("A", 40.01)
    assert give_back("A", 40) == 40


def test_a_refund_of_what_nobody_bought(member):
    with pytest.raises(purchases.UnknownPurchase):
        give_back("A", 1)


def test_a_refund_before_its_purchase(member):
    buy(member, 100, number="A")
    with pytest.raises(purchases.RefundTooEarly):
        give_back("A", 1, at=AT - DAY)


def test_capped_points_are_what_comes_back(member, caps):
    caps(purchase=(100, None))
    buy(member, lines=[("a", 20_000), ("b", 10_000)], number="A")
    assert give_back("A", 100, category="b") == 33  # 100 over 200 and 100 earned: 67 and 33
    assert give_back("A", 200) == 67


@pytest.mark.parametrize(
    "lines",
    [
        [("tea", 990)] * 10,
        [(f"{n}", 990) for n in range(10)],
        [("tea", 9900)],
        [("tea", 1), ("fruit", 9898), ("tea", 1)],
    ],
)
def test_every_listing_of_the_same_basket_earns_the_same(member, rules, lines):
    rules("10_1")
    assert buy(member, lines=lines, number="A").points == 9
    assert sum(line.points for line in Purchase.objects.get(number="A").lines.all()) == 9
    for n, (category, fen) in enumerate(lines):
        give_back("A", fen / 100, category=category, refund_number=f"{n}")
    assert queries.balance(member, at=AT + 30 * DAY).total == 0


@pytest.mark.parametrize(("policy", "taken", "debt"), [("debt", 100, 60), ("within_balance", 40, 0), ("skip", 0, 0)])
def test_what_was_spent_goes_by_policy(member, parameters, policy, taken, debt):
    from points import ledger

    parameters["points.clawback_policy"] = policy
    buy(member, 100, number="A", available_from=AT)
    ledger.spend(account=member, points=60, kind="redeem", key="s", by="x", at=AT)
    assert give_back("A", 100) == taken
    assert queries.balance(member, at=AT + DAY).debt == debt
    assert audit.run().breaks == []
