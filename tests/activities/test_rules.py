"""The table of the daily sign-in (D1)."""

import pytest

from activities import rules


@pytest.mark.parametrize(
    ("day", "points"),
    [(1, 5), (2, 8), (3, 12), (4, 14), (5, 16), (6, 18), (7, 70), (8, 5), (13, 18), (14, 70), (15, 5), (366, 8)],
)
def test_points_rise_with_the_streak_and_start_again_after_the_last_day(day, points):
    assert rules.points_for(day) == points


@pytest.mark.parametrize(("day", "place"), [(1, 1), (7, 7), (8, 1), (14, 7), (15, 1)])
def test_place_in_the_table(day, place):
    assert rules.cycle_day(day) == place
