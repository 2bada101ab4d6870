"""The birthday gift (C13)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Notice, User
from points.earning.services import birthdays
from points.ledger.models import PointsEntry
from points.tiers.services import tiers

SHOP = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


def at(year, month, day, hour=9):
    return datetime(year, month, day, hour, tzinfo=SHOP)


@pytest.fixture
def born(db):
    """A member born on that date, here since 2020."""

    def make(birthday, name="celebrates", **more):
        return User.objects.create(username=name, birthday=birthday, **{"date_joined": at(2020, 1, 1)} | more).pk

    return make


def give(moment):
    return sum(birthdays.give(at=moment))


def gifts(member):
    return list(PointsEntry.objects.filter(account_id=member).order_by("seq").values_list("key", "points"))


def test_once_a_year_however_often_the_task_runs(born):
    member = born(date(1990, 5, 3))
    assert give(at(2026, 5, 2, 23)) == 0
    assert give(at(2026, 5, 3)) == 1
    for day in (3, 4, 5, 6, 7):
        assert give(at(2026, 5, day, 12)) == 0
    assert give(at(2027, 5, 3)) == 1
    assert gifts(member) == [("birthday:2026", 20), ("birthday:2027", 20)]
    assert Notice.objects.filter(member_id=member, topic="points").count() == 2


def test_missed_days_are_made_good_but_not_for_ever(born):
    born(date(1990, 5, 3))
    assert give(at(2026, 5, 7)) == 0
    assert give(at(2026, 5, 6)) == 1


def test_the_last_day_of_the_year_made_good_in_the_next(born):
    member = born(date(1990, 12, 31))
    assert give(at(2027, 1, 2)) == 1
    assert gifts(member) == [("birthday:2026", 20)]
    assert give(at(2027, 12, 31)) == 1


def test_the_gift_is_that_of_the_tier(born):
    member = born(date(1990, 5, 3))
    tiers.pin(member=member, tier="diamond", reason="guest", by="staff:900100", at=at(2026, 1, 1))
    give(at(2026, 5, 3))
    assert gifts(member) == [("birthday:2026", 200)]


def test_who_was_born_on_the_leap_day(born):
    member = born(date(2000, 2, 29))
    assert give(at(2027, 2, 27)) == 0
    assert give(at(2027, 2, 28)) == 1
    assert give(at(2028, 2, 28)) == 0
    assert give(at(2028, 2, 29)) == 1
    assert give(at(2028, 3, 1)) == 0
    assert [key for key, _points in gifts(member)] == ["birthday:2027", "birthday:2028"]


def test_the_unknown_the_kept_out_and_the_new_are_passed_over(born):
    born(None, "unknown")
    born(date(1990, 5, 3), "kept-out", is_active=False)
    born(date(1990, 5, 3), "too-new", date_joined=at(2026, 5, 4))
    assert give(at(2026, 5, 5)) == 0


def test_many_in_groups(born, monkeypatch):
    monkeypatch.setattr(birthdays, "MEMBERS", 2)
    for n in range(5):
        born(date(1990, 5, 3), f"celebrates{n}")
    assert give(at(2026, 5, 3)) == 5
