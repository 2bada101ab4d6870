"""Earnings that cross a threshold together, and reviews beside them (C12)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts.models import Notice, User
from points import ledger
from points.tiers.models import MemberTier, TierChange
from points.tiers.services import tiers
from tests.races.test_ledger import all_at_once

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
YEAR = timedelta(days=366)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def member():
    return User.objects.create(username="racer", date_joined=AT).pk


def earn(member, points, key, at=AT):
    with transaction.atomic():
        ledger.earn(account=member, points=points, kind="purchase", key=key, by="system:shop", at=at)
        return tiers.consider(member, at=at)


def causes():
    return list(TierChange.objects.order_by("pk").values_list("cause", "to_tier"))


def test_many_earnings_cross_the_threshold_at_once(member):
    steps = all_at_once(lambda n: earn(member, 125, f"key{n}"), workers=8)
    assert sum(step is not None for step in steps) == 1
    assert causes() == [("promoted", "silver")]
    assert Notice.objects.filter(topic="tier").count() == 1


def test_many_earnings_cross_several_thresholds(member):
    all_at_once(lambda n: earn(member, 1_250, f"key{n}"), workers=8)
    assert MemberTier.objects.get().tier == "diamond"
    assert [to for _cause, to in causes()] == sorted(
        {to for _cause, to in causes()}, key=["silver", "gold", "diamond"].index
    )
    assert Notice.objects.filter(topic="tier").count() == len(causes())


def test_considered_from_everywhere_after_the_fact(member):
    ledger.earn(account=member, points=1_000, kind="purchase", key="k", by="system:shop", at=AT)
    steps = all_at_once(lambda n: tiers.consider(member, at=AT), workers=8)
    assert sum(step is not None for step in steps) == 1
    assert causes() == [("promoted", "silver")]


def test_evaluations_at_once_turn_everybody_once():
    people = [User.objects.create(username=f"racer{n}", date_joined=AT).pk for n in range(40)]
    for member in people:
        earn(member, 1_000, "k")
    TierChange.objects.all().delete()
    runs = all_at_once(
        lambda n: sum(sum(done.turns.values()) for done in tiers.evaluate(at=AT + YEAR, chunk=7)), workers=4
    )
    assert sum(runs) == 40
    assert causes() == [("warned", "silver")] * 40


def test_points_that_come_while_the_grace_ends_are_not_lost(member):
    earn(member, 1_000, "k")
    for _ in tiers.evaluate(at=AT + YEAR):
        pass
    end = AT + YEAR + timedelta(days=31)

    def act(n):
        return list(tiers.evaluate(at=end)) if n % 2 else earn(member, 250, f"key{n}", at=end)

    all_at_once(act, workers=8)
    assert MemberTier.objects.get().tier == "silver"


def test_pins_at_once_are_one_change(member):
    all_at_once(
        lambda n: tiers.pin(member=member, tier="gold", reason="guest", by=f"staff:{900100 + n}", at=AT), workers=8
    )
    assert causes() == [("pinned", "gold")]
