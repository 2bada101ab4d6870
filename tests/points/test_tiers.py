"""Members rise at once and fall slowly (C12)."""

from datetime import timedelta

import pytest

from accounts.models import Notice
from points.models import MemberTier, TierChange
from points.queries import tiers as queries
from points.services import tiers
from tests.points.conftest import AT

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("points", "code"),
    [
        (1, "normal"), (999, "normal"), (1_000, "silver"), (1_001, "silver"), (4_999, "silver"), (5_000, "gold"),
        (5_001, "gold"), (9_999, "gold"), (10_000, "diamond"), (10_001, "diamond"), (2_000_000, "diamond"),
    ],
)  # fmt: skip
def test_a_threshold_is_reached_at_once(own, points, code):
    own.earn(points)
    tiers.consider(own.member, at=AT)
    assert queries.tier_of(own.member).code == code


@pytest.mark.parametrize(("before", "threshold", "code"), [("normal", 1_000, "silver"), ("silver", 5_000, "gold")])
def test_the_last_point_counts(own, before, threshold, code):
    own.earn(threshold - 1)
    tiers.consider(own.member, at=AT)
    assert queries.tier_of(own.member).code == before
    own.earn(1)
    step = tiers.consider(own.member, at=AT + DAY)
    assert (step.cause, step.state.tier) == ("promoted", code)
    assert MemberTier.objects.get().since == AT + DAY


def test_spending_and_the_end_of_points_lower_nothing_a_clawback_counts(own):
    own.earn(900, key="first")
    own.spend(400, key="spent")
    own.spend(400, kind="expire")
    own.refund(spent="spent", points=400)
    assert queries.earned_in_window([own.member], at=AT) == {own.member: 900}
    own.clawback(earned="first", points=100)
    own.adjust(150)
    own.adjust(-50)
    assert queries.earned_in_window([own.member], at=AT) == {own.member: 900}


def test_a_promotion_is_told_once_and_written_down(own):
    own.earn(1_200)
    assert tiers.consider(own.member, at=AT)
    assert tiers.consider(own.member, at=AT) is None
    change = TierChange.objects.get()
    assert (change.from_tier, change.to_tier, change.points, change.by) == ("normal", "silver", 1_200, "system:tiers")
    assert Notice.objects.get().topic == "tier"


def test_an_earning_asks_one_question(own, django_assert_num_queries):
    own.earn(1_200)
    tiers.consider(own.member, at=AT)
    own.earn(10)
    with django_assert_num_queries(1):
        tiers.consider(own.member, at=AT)
