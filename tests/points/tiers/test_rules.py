"""Tiers as plain functions: thresholds, windows, anniversaries, turns (C12, C13)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.clock import shop_date
from core.parameters import ParameterNotValid
from points.tiers import rules
from points.tiers.parameters import MEMBER_DAY
from points.tiers.rules import DEFAULTS, State

SHOP = ZoneInfo("Asia/Shanghai")
A_MOMENT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def figures():
    rules.TIERS.pin(DEFAULTS)


def shop(year, month, day, hour=12):
    return datetime(year, month, day, hour, tzinfo=SHOP)


@pytest.mark.parametrize(
    ("points", "code"),
    [
        (-500, "normal"), (0, "normal"), (999, "normal"), (1_000, "silver"), (1_001, "silver"), (4_999, "silver"),
        (5_000, "gold"), (5_001, "gold"), (9_999, "gold"), (10_000, "diamond"), (10_001, "diamond"),
    ],
)  # fmt: skip
def test_what_points_reach(points, code):
    assert rules.reached(points).code == code


def test_neighbours():
    assert [rules.above(tier.code) and rules.above(tier.code).code for tier in DEFAULTS] == [
        "silver", "gold", "diamond", None,
    ]  # fmt: skip
    assert [rules.below(tier.code) and rules.below(tier.code).code for tier in DEFAULTS] == [
        None, "normal", "silver", "gold",
    ]  # fmt: skip
    assert rules.next_thresholds() == '{"normal": 1000, "silver": 5000, "gold": 10000}'


@pytest.mark.parametrize(
    ("code", "wanted", "may"),
    [("normal", "", True), ("normal", "silver", False), ("silver", "silver", True), ("diamond", "silver", True)],
)
def test_goods_reserved_for_a_tier(code, wanted, may):
    assert rules.covers(code, wanted) is may


# The window


@pytest.mark.parametrize(
    ("today", "first_day"),
    [
        (date(2026, 11, 22), date(2025, 11, 23)),
        (date(2025, 2, 28), date(2024, 2, 29)),  # the leap day counts for a year and a bit
        (date(2024, 2, 29), date(2023, 3, 1)),
        (date(2025, 3, 1), date(2024, 3, 2)),
        (date(2027, 1, 1), date(2026, 1, 2)),
    ],
)
def test_the_window_is_twelve_months_to_the_day(today, first_day):
    start = rules.window_start(shop(today.year, today.month, today.day))
    assert start == datetime.combine(first_day, datetime.min.time(), tzinfo=SHOP)


@pytest.mark.parametrize(
    ("months", "today", "first_day"),
    [(1, date(2026, 3, 31), date(2026, 3, 1)), (6, date(2026, 8, 31), date(2026, 3, 1)),
     (6, date(2026, 8, 28), date(2026, 3, 1)), (3, date(2026, 5, 30), date(2026, 3, 1))],
)  # fmt: skip
def test_windows_of_other_lengths_end_with_months(parameters, months, today, first_day):
    parameters["points.tier_window"] = months
    assert shop_date(rules.window_start(shop(today.year, today.month, today.day))) == first_day


def test_the_window_turns_at_the_shops_midnight():
    before = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in the shop
    assert shop_date(rules.window_start(before)) == date(2025, 11, 22)
    assert shop_date(rules.window_start(before + timedelta(seconds=1))) == date(2025, 11, 23)


def test_the_window_never_moves_backwards():
    starts = [rules.window_start(shop(2024, 1, 1) + timedelta(days=n)) for n in range(800)]
    assert starts == sorted(starts)


# Anniversaries, birthdays, member days


@pytest.mark.parametrize(
    ("since", "after", "day"),
    [
        ((2026, 11, 22), (2026, 11, 22), date(2027, 11, 22)),
        ((2026, 11, 22), (2027, 11, 21), date(2027, 11, 22)),
        ((2026, 11, 22), (2027, 11, 22), date(2028, 11, 22)),
        ((2026, 11, 22), (2027, 12, 23), date(2028, 11, 22)),
        ((2024, 2, 29), (2024, 2, 29), date(2025, 2, 28)),
        ((2024, 2, 29), (2025, 2, 28), date(2026, 2, 28)),
        ((2024, 2, 29), (2027, 3, 1), date(2028, 2, 29)),
        ((2026, 12, 31), (2028, 1, 30), date(2028, 12, 31)),
    ],
)
def test_anniversaries(since, after, day):
    assert rules.anniversary(shop(*since), date(*after)) == day


@pytest.mark.parametrize(
    ("born", "day", "is_it"),
    [
        (date(1990, 5, 3), date(2026, 5, 3), True),
        (date(1990, 5, 3), date(2026, 5, 4), False),
        (date(2000, 2, 29), date(2028, 2, 29), True),
        (date(2000, 2, 29), date(2028, 2, 28), False),
        (date(2000, 2, 29), date(2027, 2, 28), True),
        (date(2000, 2, 29), date(2027, 3, 1), False),
        (None, date(2027, 3, 1), False),
    ],
)
def test_birthdays(born, day, is_it):
    assert rules.is_birthday(born, day) is is_it


@pytest.mark.parametrize(
    ("value", "day", "is_it"),
    [
        ("none", date(2026, 11, 18), False),
        ("month:18", date(2026, 11, 18), True),
        ("month:18", date(2026, 11, 19), False),
        ("week:3", date(2026, 11, 18), True),  # a Wednesday
        ("week:7", date(2026, 11, 22), True),
        ("week:7", date(2026, 11, 23), False),
    ],
)
def test_member_days(parameters, value, day, is_it):
    parameters["points.member_day"] = value
    assert rules.is_member_day(day) is is_it


def test_the_next_member_day(parameters):
    assert rules.next_member_day(date(2026, 11, 18)) == date(2026, 11, 18)
    assert rules.next_member_day(date(2026, 11, 19)) == date(2026, 12, 18)
    parameters["points.member_day"] = "none"
    assert rules.next_member_day(date(2026, 11, 19)) is None


def test_a_member_day_that_there_is_not_is_refused():
    for wrong in ("month:29", "week:0", "", "day:1"):
        with pytest.raises(ParameterNotValid):
            MEMBER_DAY.clean(wrong)


def test_benefits_on_member_day_and_on_others():
    gold = rules.by_code("gold")
    day, other = rules.benefits(gold, shop(2026, 11, 18)), rules.benefits(gold, shop(2026, 11, 19))
    assert (day.discount_percent, day.member_day_percent, day.is_member_day) == (5, 3, True)
    assert (other.discount_percent, other.member_day_percent, other.is_member_day) == (5, 0, False)
    assert (day.free_shipping, str(day.multiplier)) == (True, "1.50")


def test_member_day_is_the_shops_day():
    night = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)  # midnight in the shop
    gold = rules.by_code("gold")
    assert rules.benefits(gold, night).is_member_day
    assert not rules.benefits(gold, night - A_MOMENT).is_member_day


# Turns

SINCE = shop(2025, 11, 22)
DUE = shop(2026, 11, 22, 0)
GOLD = State("gold", SINCE, date(2026, 11, 22))
IN_GRACE = State("gold", SINCE, date(2026, 12, 23), date(2026, 12, 22))
LOST = shop(2026, 12, 23, 0)


@pytest.mark.parametrize(
    ("state", "points", "at", "cause", "after"),
    [
        # Nothing is due.
        (GOLD, 0, DUE - A_MOMENT, None, None),
        (GOLD, 9_999, DUE - A_MOMENT, None, None),
        (State("normal", SINCE), 0, DUE, None, None),
        (State("diamond", SINCE, date(2027, 1, 1)), 2_000_000, DUE, None, None),
        # The anniversary.
        (GOLD, 4_999, DUE, "warned", ("gold", date(2026, 12, 23), date(2026, 12, 22))),
        (GOLD, 5_000, DUE, "kept", ("gold", date(2027, 11, 22), None)),
        (GOLD, 5_001, DUE, "kept", ("gold", date(2027, 11, 22), None)),
        (GOLD, 10_000, DUE, "promoted", ("diamond", date(2027, 11, 22), None)),
        (GOLD, -300, DUE, "warned", ("gold", date(2026, 12, 23), date(2026, 12, 22))),
        # A run that comes late gives the whole grace all the same.
        (GOLD, 0, DUE + timedelta(days=5), "warned", ("gold", date(2026, 12, 28), date(2026, 12, 27))),
        # The grace, and its last moment.
        (IN_GRACE, 4_999, LOST - A_MOMENT, None, None),
        (IN_GRACE, 5_000, LOST - A_MOMENT, "kept", ("gold", date(2027, 11, 22), None)),
        (IN_GRACE, 10_000, LOST - A_MOMENT, "promoted", ("diamond", date(2027, 12, 22), None)),
        # The end of the grace: one step, whatever the points say.
        (IN_GRACE, 4_999, LOST, "demoted", ("silver", date(2027, 12, 23), None)),
        (IN_GRACE, 0, LOST, "demoted", ("silver", date(2027, 12, 23), None)),
        (IN_GRACE, 5_000, LOST, "kept", ("gold", date(2027, 11, 22), None)),
        (
            State("silver", SINCE, date(2026, 12, 23), date(2026, 12, 22)),
            999, LOST, "demoted", ("normal", None, None),
        ),
    ],
)  # fmt: skip
def test_turns(state, points, at, cause, after):
    step = rules.step(state, points, at=at, reviewing=True)
    assert (step and step.cause) == cause
    if step:
        assert (step.state.tier, step.state.review_on, step.state.grace_until) == after
        assert step.state.since == (at if cause in ("promoted", "demoted") else SINCE)


def test_an_earning_never_lowers():
    assert rules.step(GOLD, 0, at=DUE + timedelta(days=90)) is None
    assert rules.step(IN_GRACE, 0, at=LOST + timedelta(days=90)) is None


def test_a_rise_may_take_several_steps():
    step = rules.step(State("normal", SINCE), 12_000, at=DUE)
    assert (step.cause, step.state.tier, step.state.since) == ("promoted", "diamond", DUE)


def test_the_grace_is_as_long_as_staff_say(parameters):
    parameters["points.tier_grace"] = 7
    assert rules.step(GOLD, 0, at=DUE, reviewing=True).state.grace_until == date(2026, 11, 29)


def test_who_rose_on_the_leap_day_is_looked_at_on_the_28th():
    rise = rules.step(State("normal", SINCE), 1_000, at=shop(2028, 2, 29))
    assert rise.state.review_on == date(2029, 2, 28)
    kept = rules.step(rise.state, 1_000, at=shop(2029, 2, 28, 0), reviewing=True)
    assert kept.state.review_on == date(2030, 2, 28)
