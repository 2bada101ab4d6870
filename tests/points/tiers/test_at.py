"""The tier at a past moment, and the multiplier of a purchase that is booked later (C2, C12)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from points.purchases.models import Purchase
from points.purchases.services import purchases
from points.tiers import queries
from points.tiers.models import MemberTier, TierChange
from points.tiers.services import tiers
from tests.points.conftest import AT

SHOP = ZoneInfo("Asia/Shanghai")
BY = "system:test"


def shop(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHOP)


def imported(member, *bought, replaying=True):
    """Book ``(day or moment, yuan)`` in one batch, as a file does; the multiplier of each."""
    number = Purchase.objects.count()
    checked = [
        purchases.checked(member, "file", f"{number + n}", [("", yuan * 100)], shop(paid_at))
        for n, (paid_at, yuan) in enumerate(bought)
    ]
    purchases.record_many(checked, by=BY, at=AT, replaying=replaying)
    return multipliers(*(new.number for new in checked))


def multipliers(*numbers):
    found = {purchase.number: purchase for purchase in Purchase.objects.filter(number__in=numbers)}
    return [f"{found[number].multiplier.normalize():f}" for number in numbers]


def tier_at(member, moment):
    return queries.tiers_at({member: shop(moment)}, today=AT.date())[member].tier.code


# What a file brings


def test_a_tier_that_lapsed_meanwhile_does_not_count(member):
    """Gold in January 2024; too few points on the anniversaries: silver from February 2025, normal from March 2026."""
    assert imported(member, ("2024-01-10", 6_000), ("2026-06-01", 1_000)) == ["1", "1"]
    turns = [(turn.cause, f"{turn.at.astimezone(SHOP):%Y-%m-%d}") for turn in TierChange.objects.order_by("pk")]
    assert turns[-3:] == [("warned", "2026-02-10"), ("demoted", "2026-03-13"), ("promoted", "2026-06-01")]


@pytest.mark.parametrize("in_one_file", [True, False])
@pytest.mark.parametrize(
    ("paid_at", "multiplier"),
    [
        ("2024-01-09T23:59:59", "1"),
        ("2024-01-10", "1.5"),  # what was booked before it at the same moment came before
        ("2024-01-11", "1.5"),
        ("2025-01-09", "1.5"),
        ("2025-01-10", "1.5"),  # looked at, and given a grace
        ("2025-02-09T23:59:59", "1.5"),  # its last day
        ("2025-02-10", "1.2"),
        ("2026-02-10", "1.2"),
        ("2026-03-12T23:59:59", "1.2"),
        ("2026-03-13", "1"),
    ],
)
def test_the_tier_of_the_day(member, in_one_file, paid_at, multiplier):
    first, later = ("2024-01-10", 6_000), (paid_at, 10)
    if in_one_file:
        assert imported(member, first, later)[1] == multiplier
    else:
        imported(member, first)
        assert imported(member, later) == [multiplier]


def test_what_is_booked_late_gets_the_tier_of_its_own_time(member):
    assert imported(member, ("2026-05-01", 6_000)) == ["1"]
    assert imported(member, ("2026-01-15", 100)) == ["1"]
    assert imported(member, ("2026-05-02", 100)) == ["1.5"]
    assert imported(member, ("2026-04-30", 100)) == ["1"]


def test_and_counts_for_what_came_after_it(member):
    imported(member, ("2026-05-01", 100))
    assert imported(member, ("2026-01-10", 2_000), ("2026-01-15", 100), ("2026-04-01", 100)) == ["1", "1.2", "1.2"]
    assert tier_at(member, "2026-01-09") == "normal"


def test_a_tier_lapsed_after_it_counts_still(member):
    imported(member, ("2024-01-10", 6_000), ("2026-06-01", 1_000))
    assert imported(member, ("2024-06-01", 100), ("2025-06-01", 100), ("2026-05-01", 100)) == ["1.5", "1.2", "1"]


@pytest.mark.parametrize("replaying", [True, False])
def test_many_members_have_each_their_own(member, replaying):
    other = User.objects.create(username="other", date_joined=AT).pk
    imported(member, ("2026-01-10", 1_000))
    checked = [
        purchases.checked(who, "file", name, [("", 10_000)], shop("2026-02-01"))
        for who, name in ((member, "a"), (other, "b"))
    ]
    purchases.record_many(checked, by=BY, at=AT, replaying=replaying)
    assert multipliers("a", "b") == ["1.2", "1"]


# What is told one by one


def test_a_partner_who_tells_late(member):
    """Yesterday's purchase is told after today's, which made the member gold."""
    imported(member, ("2026-11-20T11:00", 6_000), replaying=False)
    assert imported(member, ("2026-11-20T10:59", 100), replaying=False) == ["1"]
    assert imported(member, ("2026-11-20T11:01", 100), replaying=False) == ["1.5"]


def test_points_that_were_earned_before_they_were_told(member):
    """2024 is out of the window today, so nobody rose; then, in 2024, it was in."""
    imported(member, ("2024-01-10", 6_000), replaying=False)
    assert not MemberTier.objects.exists()
    assert imported(member, ("2024-02-01", 100), replaying=False) == ["1.5"]
    assert imported(member, ("2026-11-01", 100), replaying=False) == ["1"]


def test_today_it_is_the_tier_that_the_pages_show(own):
    """Points that nobody looked at yet, as while staff lower a threshold."""
    own.earn(6_000, at=shop("2026-11-20T09:00"))
    assert tier_at(own.member, "2026-11-20T10:00") == queries.tier_of(own.member).code == "normal"
    assert queries.tiers_at({own.member: AT}, today=shop("2026-11-21").date())[own.member].tier.code == "gold"


# Pins


@pytest.fixture
def pinned(own):
    """Silver by points since 1 May; diamond by hand from 1 June until 1 August, gold after that."""
    own.earn(1_000, at=shop("2026-05-01"))
    tiers.consider(own.member, at=shop("2026-05-01"))
    for tier, day in (("diamond", "2026-06-01"), ("gold", "2026-08-01")):
        tiers.pin(member=own.member, tier=tier, reason="for a friend", by="staff:1", at=shop(day))
    return own


@pytest.mark.parametrize(
    ("day", "tier"),
    [
        ("2026-04-30", "normal"),
        ("2026-05-31", "silver"),
        ("2026-06-01", "diamond"),
        ("2026-07-31", "diamond"),
        ("2026-08-01", "gold"),
        ("2026-11-01", "gold"),
    ],
)
def test_a_pin_counts_while_it_stands(pinned, day, tier):
    assert tier_at(pinned.member, day) == tier


def test_after_a_pin_the_points_count_again(pinned):
    tiers.unpin(member=pinned.member, reason="over", by="staff:1", at=shop("2026-09-01"))
    assert [tier_at(pinned.member, day) for day in ("2026-08-31", "2026-09-01")] == ["gold", "silver"]


def test_a_turn_below_a_pin_does_not_end_it(pinned):
    pinned.earn(9_000, at=shop("2026-09-01"))
    tiers.consider(pinned.member, at=shop("2026-09-01"))
    assert [tier_at(pinned.member, day) for day in ("2026-05-31", "2026-09-02")] == ["silver", "gold"]
    tiers.unpin(member=pinned.member, reason="over", by="staff:1", at=shop("2026-10-01"))
    assert tier_at(pinned.member, "2026-10-01") == "diamond"
