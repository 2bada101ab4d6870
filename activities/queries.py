"""What pages show of the daily sign-in (D1). Reads only."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from activities import rules
from activities.models import SignIn
from core.clock import shop_date
from points.earning.queries import earning
from points.tiers.queries import tier_of

ONE_DAY = timedelta(days=1)


class StripDay(NamedTuple):
    """One of the seven cells. ``state``: ``done``, ``today``, ``later`` or ``bonus`` (the last day, still to come)."""

    label: str
    points: int
    state: str


@dataclass(frozen=True)
class Strip:
    """The sign-in strip. ``streak`` counts days up to today or, while today is open, up to yesterday.

    ``today_points``: points that today gave, or would give now. ``days_to_bonus``: sign-ins still needed for the bonus
    of ``bonus_points``, including today's while it is open. ``least`` and ``most``: range of a day's points without
    other earnings.
    """

    streak: int
    signed_today: bool
    today_points: int
    days: list[StripDay]
    days_to_bonus: int
    bonus_points: int
    least: int
    most: int


def strip(member, *, at, tier=None):
    """The strip of ``member``, who has the ``points.tiers.rules.Tier`` (left out: it is read), at ``at``. A stranger
    (``None``) sees a first day. The figures are what the points rules would book."""
    today = shop_date(at)
    signed = {}
    if member is not None:
        tier = tier or tier_of(member.pk)
        latest = SignIn.objects.filter(
            member=member, local_date__gt=today - rules.CYCLE * ONE_DAY, local_date__lte=today
        )
        signed = {one.local_date: one for one in latest}
    last = signed.get(today) or signed.get(today - ONE_DAY)
    streak = last.day if last else 0
    signed_today = last is not None and last.local_date == today
    place = rules.cycle_day(streak if signed_today else streak + 1)
    offered = [_offered(member, tier, rules.points_for(number), at) for number in range(1, rules.CYCLE + 1)]
    done = place if signed_today else place - 1
    first = last and last.local_date - (done - 1) * ONE_DAY
    points = {n: signed[first + (n - 1) * ONE_DAY].points for n in range(1, done + 1)}
    if not signed_today:
        points[place] = _offered_today(member, tier, rules.points_for(place), at)
    return Strip(
        streak=streak,
        signed_today=signed_today,
        today_points=points[place],
        days=[
            _strip_day(number, place, signed_today, points.get(number, offered[number - 1]))
            for number in range(1, rules.CYCLE + 1)
        ],
        days_to_bonus=_days_to_bonus(place, signed_today),
        bonus_points=offered[-1] - _offered(member, tier, rules.base_for(rules.CYCLE), at),
        least=offered[0],
        most=max(offered),
    )


def _offered(member, tier, base, at):
    """Points booked for a sign-in with this ``base``, on a day without other earnings."""
    return earning.usual_points("sign_in", at=at, member_id=member and member.pk, tier=tier, base=base)


def _offered_today(member, tier, base, at):
    """The same, counting what was already earned today."""
    if member is None:
        return _offered(None, None, base, at)
    return earning.points_today("sign_in", at=at, member_id=member.pk, tier=tier, base=base)


def _strip_day(number, place, signed_today, points):
    label = _("Day %(number)s") % {"number": number}
    if number < place or (number == place and signed_today):
        state = "done"
    elif number == place:
        state, label = "today", _("Today")
    else:
        state = "bonus" if number == rules.CYCLE else "later"
    return StripDay(label, points, state)


def _days_to_bonus(place, signed_today):
    left = rules.CYCLE - place + (not signed_today)
    return left or rules.CYCLE  # just reached: the next one is a whole cycle away


@dataclass(frozen=True)
class CalendarDay:
    """``joins_before`` and ``joins_after``: the adjacent day of the week is signed too, so the coloured band
    continues."""

    date: date
    signed: bool
    is_today: bool
    is_future: bool
    joins_before: bool
    joins_after: bool


@dataclass(frozen=True)
class Month:
    """A month of the calendar. ``weeks``: rows of seven, Monday first, ``None`` outside the month.

    ``earlier`` and ``later``: first days of the adjacent months if they have something to show, else ``None``.
    """

    first: date
    weeks: list[list[CalendarDay | None]]
    signed_days: int
    points: int
    earlier: date | None
    later: date | None


def month(member, year, month, at):
    """The sign-ins of ``member`` in that month as a calendar; two queries. ``points`` are the booked ones. ``earlier``
    stops at the month of joining."""
    today = shop_date(at)
    first = date(year, month, 1)
    sign_ins = SignIn.objects.filter(member=member, local_date__year=year, local_date__month=month)
    signed = set(sign_ins.values_list("local_date", flat=True))
    booked = earning.booked_points(member.pk, [rules.key_of(member.pk, day) for day in signed])
    weeks = [
        _week(days, month=month, signed=signed, today=today)
        for days in calendar.Calendar(calendar.MONDAY).monthdatescalendar(year, month)
    ]
    later = (first + timedelta(days=31)).replace(day=1)
    joined = shop_date(member.date_joined).replace(day=1)
    return Month(
        first=first,
        weeks=weeks,
        signed_days=len(signed),
        points=sum(booked.values()),
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
