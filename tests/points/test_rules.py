"""Pure rules, at their boundaries."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from points import rules

SHOP = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("earned", "months", "last_day"),
    [
        (datetime(2026, 11, 20, 4, tzinfo=UTC), 12, date(2027, 11, 30)),
        (datetime(2026, 1, 31, 4, tzinfo=UTC), 1, date(2026, 2, 28)),
        (datetime(2028, 1, 31, 4, tzinfo=UTC), 1, date(2028, 2, 29)),
        (datetime(2026, 12, 31, 4, tzinfo=UTC), 1, date(2027, 1, 31)),
        (datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC), 1, date(2026, 12, 31)),
        (datetime(2026, 11, 30, 16, tzinfo=UTC), 1, date(2027, 1, 31)),  # December has begun in the shop
        (datetime(2026, 11, 20, 4, tzinfo=UTC), 25, date(2028, 12, 31)),
    ],
)
def test_points_end_with_the_last_moment_of_a_month_of_the_shop(settings, earned, months, last_day):
    settings.POINTS_EXPIRY_MONTHS = months
    ends = rules.default_expiry(earned).astimezone(SHOP)
    assert ends == datetime(last_day.year, last_day.month, last_day.day, 23, 59, 59, 999_999, tzinfo=SHOP)


def test_points_never_end_where_no_months_are_set(settings):
    settings.POINTS_EXPIRY_MONTHS = 0
    assert rules.default_expiry(datetime(2026, 11, 20, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("points", "rate", "fen"), [(0, 100, 0), (12_480, 100, 12_480), (99, 100, 99), (1, 300, 0), (5, 300, 1)]
)
def test_worth_is_rounded_down_to_the_fen(settings, points, rate, fen):
    settings.POINTS_PER_YUAN = rate
    assert rules.worth_fen(points) == fen


def test_no_days_no_grace():
    at = datetime(2026, 11, 20, tzinfo=UTC)
    assert rules.grace_end(at, 0) is None
    assert rules.grace_end(at, 14) == datetime(2026, 12, 4, tzinfo=UTC)
