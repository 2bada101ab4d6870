"""What pages show of the daily sign-in (D1). Reads only."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from activities import rules
from activities.models import SignIn
from core.clock import shop_date

ONE_DAY = timedelta(days=1)


class StripDay(NamedTuple):
    """One of the seven cells. ``state``: ``done``, ``today``, ``later`` or ``bonus`` (the last day, still to come)."""

    label: str
    points: int
    state: str


@dataclass(frozen=True)
class Strip:
    """The sign-in strip. ``streak`` counts days up to today or, while today is open, up to yesterday.

    ``today_points``: what today gave, or will give. ``days_to_bonus``: sign-ins still needed for the bonus of
    ``bonus_points``, today's included while it is open.
    """

    streak: int
    signed_today: bool
    today_points: int
    days: list[StripDay]
    days_to_bonus: int
    bonus_points: int = rules.BONUS


def strip(member, *, at):
    """The strip of ``member`` at ``at``; one query. ``None`` stands for a stranger, who sees a first day."""
    today = shop_date(at)
    last = None
    if member is not None:
        last = SignIn.objects.filter(member=member, local_date__in=[today - ONE_DAY, today]).first()
    streak = last.day if last else 0
    signed_today = last is not None and last.local_date == today
    current = streak if signed_today else streak + 1
    place = rules.cycle_day(current)
    return Strip(
        streak=streak,
        signed_today=signed_today,
        today_points=last.points if signed_today else rules.points_for(current),
        days=[_strip_day(number, place, signed_today) for number in range(1, rules.CYCLE + 1)],
        days_to_bonus=_days_to_bonus(place, signed_today),
    )


def _strip_day(number, place, signed_today):
    label = _("Day %(number)s") % {"number": number}
    if number < place or (number == place and signed_today):
        state = "done"
    elif number == place:
        state, label = "today", _("Today")
    else:
        state = "bonus" if number == rules.CYCLE else "later"
    return StripDay(label, rules.points_for(number), state)


def _days_to_bonus(place, signed_today):
    left = rules.CYCLE - place + (not signed_today)
    return left or rules.CYCLE  # just reached: the next one is a whole cycle away


@dataclass(frozen=True)
class CalendarDay:
    """``joins_before`` and ``joins_after``: the neighbour in the same week is signed too, so the band goes on."""

    date: date
    signed: bool
    is_today: bool
    is_future: bool
    joins_before: bool
    joins_after: bool


@dataclass(frozen=True)
class Month:
    """A month of the calendar. ``weeks``: rows of seven, Monday first, ``None`` outside the month.

    ``earlier`` and ``later``: first days of the neighbouring months that are worth a look, else ``None``.
    """

    first: date
    weeks: list[list[CalendarDay | None]]
    signed_days: int
    points: int
    earlier: date | None
    later: date | None


def month(member, year, month, at):
    """The sign-ins of ``member`` in that month as a calendar; one query. ``earlier`` ends with the joining month."""
    today = shop_date(at)
    first = date(year, month, 1)
    points_on = dict(
        SignIn.objects.filter(member=member, local_date__year=year, local_date__month=month).values_list(
            "local_date", "points"
        )
    )
    weeks = [
        _week(days, month=month, signed=points_on.keys(), today=today)
        for days in calendar.Calendar(calendar.MONDAY).monthdatescalendar(year, month)
    ]
    later = (first + timedelta(days=31)).replace(day=1)
    joined = shop_date(member.date_joined).replace(day=1)
    return Month(
        first=first,
        weeks=weeks,
        signed_days=len(points_on),
        points=sum(points_on.values()),
        earlier=(first - ONE_DAY).replace(day=1) if first > joined else None,
        later=later if later <= today else None,
    )


def _week(days, *, month, signed, today):
    return [
        CalendarDay(
            date=day,
            signed=day in signed,
            is_today=day == today,
            is_future=day > today,
            joins_before=day in signed and day - ONE_DAY in signed and day.weekday() > 0,
            joins_after=day in signed and day + ONE_DAY in signed and day.weekday() < 6,
        )
        if day.month == month
        else None
        for day in days
    ]
