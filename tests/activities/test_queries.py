"""What the strip and the calendar show (D1)."""

from datetime import date

import pytest

from activities import queries

from .conftest import shop


def states(strip):
    return [day.state for day in strip.days]


def test_a_new_member_sees_a_first_day(member):
    strip = queries.strip(member, at=shop("2026-11-21 09:00"))
    assert (strip.streak, strip.signed_today, strip.today_points, strip.days_to_bonus) == (0, False, 5, 7)
    assert states(strip) == ["today"] + ["later"] * 5 + ["bonus"]
    assert [day.points for day in strip.days] == [5, 8, 12, 14, 16, 18, 70]


def test_a_stranger_sees_the_same_without_a_query(db, django_assert_num_queries):
    queries.strip(None, at=shop("2026-11-21 09:00"))  # the rules are in memory from now on
    with django_assert_num_queries(0):
        strip = queries.strip(None, at=shop("2026-11-21 09:00"))
    assert (strip.streak, strip.today_points) == (0, 5)


def test_four_days_signed_and_today_open(member, signs_in, django_assert_num_queries):
    for day in (17, 18, 19, 20):
        signs_in(f"2026-11-{day} 08:00")
    with django_assert_num_queries(2):  # the tier, and the days
        strip = queries.strip(member, at=shop("2026-11-21 09:00"))
    assert (strip.streak, strip.signed_today, strip.today_points, strip.days_to_bonus) == (4, False, 16, 3)
    assert states(strip) == ["done"] * 4 + ["today", "later", "bonus"]


def test_signed_today(member, signs_in):
    signs_in("2026-11-20 08:00")
    signs_in("2026-11-21 08:00")
    strip = queries.strip(member, at=shop("2026-11-21 23:59:59"))
    assert (strip.streak, strip.signed_today, strip.today_points, strip.days_to_bonus) == (2, True, 8, 5)
    assert states(strip) == ["done", "done", "later", "later", "later", "later", "bonus"]


def test_the_streak_ends_when_a_whole_day_was_missed(member, signs_in):
    signs_in("2026-11-19 08:00")
    assert queries.strip(member, at=shop("2026-11-20 23:59:59")).streak == 1
    assert queries.strip(member, at=shop("2026-11-21 00:00")).streak == 0


@pytest.mark.parametrize(
    ("days", "now", "streak", "today_points", "to_bonus", "seen"),
    [
        (6, "2026-11-07 09:00", 6, 70, 1, ["done"] * 6 + ["today"]),
        (7, "2026-11-07 09:00", 7, 70, 7, ["done"] * 7),
        (7, "2026-11-08 09:00", 7, 5, 7, ["today"] + ["later"] * 5 + ["bonus"]),
        (8, "2026-11-08 09:00", 8, 5, 6, ["done"] + ["later"] * 5 + ["bonus"]),
    ],
)
def test_around_the_bonus(member, signs_in, days, now, streak, today_points, to_bonus, seen):
    for day in range(1, days + 1):
        signs_in(f"2026-11-{day:02} 08:00")
    strip = queries.strip(member, at=shop(now))
    assert (strip.streak, strip.today_points, strip.days_to_bonus) == (streak, today_points, to_bonus)
    assert states(strip) == seen


def test_labels_name_today_and_the_days(member):
    labels = [day.label for day in queries.strip(member, at=shop("2026-11-21 09:00")).days]
    assert len(set(labels)) == 7


def test_a_month_joins_runs_into_bands_within_a_week(member, signs_in, django_assert_num_queries):
    for day in (7, 8, 9, 11):  # Saturday, Sunday, Monday, Wednesday
        signs_in(f"2026-11-{day:02} 08:00")
    with django_assert_num_queries(2):
        month = queries.month(member, 2026, 11, shop("2026-11-12 09:00"))
    days = {day.date.day: day for week in month.weeks for day in week if day}
    bands = {n: (days[n].joins_before, days[n].joins_after) for n in (7, 8, 9, 11)}
    assert bands == {7: (False, True), 8: (True, False), 9: (False, False), 11: (False, False)}
    assert [n for n, day in days.items() if day.signed] == [7, 8, 9, 11]
    assert [n for n, day in days.items() if day.is_today] == [12]
    assert not days[10].joins_before
    assert days[13].is_future
    assert (month.signed_days, month.points) == (4, 5 + 8 + 12 + 5)
    assert len(days) == 30
    assert all(len(week) == 7 for week in month.weeks)
    assert month.weeks[0][:6] == [None] * 6  # 1 November 2026 is a Sunday


def test_months_reach_from_joining_to_now(member):
    now = shop("2026-03-15 09:00")
    assert (queries.month(member, 2026, 3, now).earlier, queries.month(member, 2026, 3, now).later) == (
        date(2026, 2, 1),
        None,
    )
    assert (queries.month(member, 2026, 1, now).earlier, queries.month(member, 2026, 1, now).later) == (
        None,
        date(2026, 2, 1),
    )


def test_a_leap_february(member, signs_in):
    signs_in("2028-02-29 08:00")
    month = queries.month(member, 2028, 2, shop("2028-02-29 09:00"))
    days = [day for week in month.weeks for day in week if day]
    assert (len(days), days[-1].signed, days[-1].is_today) == (29, True, True)


def test_only_the_members_own_days_show(member, signs_in):
    from accounts.services import create_member

    other = create_member(phone="+8613900000002", by="system:test", at=shop("2026-01-01 00:00"))
    signs_in("2026-11-21 08:00")
    assert queries.strip(other, at=shop("2026-11-21 09:00")).streak == 0
    assert queries.month(other, 2026, 11, shop("2026-11-21 09:00")).signed_days == 0
