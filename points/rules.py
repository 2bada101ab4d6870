"""The rules of points in force, as plain functions of settings, announced rules and a moment."""

import calendar
from datetime import date, datetime, time, timedelta
from time import monotonic

from django.conf import settings
from django.utils import timezone

from core.clock import shop_date
from points.models import ExpiryPolicy

FEN_PER_YUAN = 100
GRACE_DAYS = 14  # life of points given back after their lot ended (B7); 0 would be none
NOTICE_DAYS = 30  # how long before its first day a rule about expiry is announced (B9)
FRESH_S = 5  # a process may know announced rules this long; they rule days after they are announced at the earliest
UNIT_MONTHS = {ExpiryPolicy.Unit.MONTH: 1, ExpiryPolicy.Unit.QUARTER: 3, ExpiryPolicy.Unit.YEAR: 12}
A_MOMENT = timedelta(microseconds=1)

_known = (0.0, ())  # (until when by the monotonic clock, rows)


def default_expiry(at, *, earned_at=None):
    """When points that become usable at ``at`` end, None for never: by the rule in force when they were earned
    (``earned_at``, default ``at``), counted from when they can be used (B9)."""
    return expiry_by(policy_at(earned_at or at), at)


def renewal(at):
    """Until when an earning at ``at`` keeps the member's other points alive, or None where the rule in force is not
    about activity (B9)."""
    policy = policy_at(at)
    return expiry_by(policy, at) if policy.kind == ExpiryPolicy.Kind.ACTIVITY else None


def expiry_by(policy, at):
    """The last moment, in the shop's time zone, of points that become usable at ``at`` under ``policy``; None: never.

    ``months`` later, a month's missing days clamped (31 Jan + 1 = 28 Feb), then to the end of that day, month, quarter
    or year. Always after ``at``: the last microsecond of a day counts as the next day's.
    """
    if policy.kind == ExpiryPolicy.Kind.NEVER:
        return None
    day = add_months(shop_date(at + A_MOMENT), policy.months)
    if policy.unit != ExpiryPolicy.Unit.DAY:
        length = UNIT_MONTHS[policy.unit]
        last = -(-day.month // length) * length
        day = date(day.year, last, calendar.monthrange(day.year, last)[1])
    return datetime.combine(day, time.max, tzinfo=timezone.get_default_timezone())


def add_months(day, months):
    """The same day of the month ``months`` later, or that month's last."""
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def policy_at(at):
    """The ``ExpiryPolicy`` in force at ``at``; the settings' own, unsaved and with no first day, before all others."""
    today = shop_date(at)
    return next((policy for policy in _policies() if policy.starts_on <= today), None) or initial_policy()


def announced_after(at):
    """Rules that start on a later day than that of ``at``, soonest first."""
    today = shop_date(at)
    return [policy for policy in reversed(_policies()) if policy.starts_on > today]


def initial_policy():
    """``POINTS_EXPIRY_MONTHS`` as a rule: the end of the month that many months later, or never when it is 0."""
    months = settings.POINTS_EXPIRY_MONTHS
    if not months:
        return ExpiryPolicy(kind=ExpiryPolicy.Kind.NEVER, months=0, unit=ExpiryPolicy.Unit.NONE)
    return ExpiryPolicy(kind=ExpiryPolicy.Kind.PERIOD_END, months=months, unit=ExpiryPolicy.Unit.MONTH)


def forget_policies():
    """Read the announced rules anew at the next question."""
    global _known
    _known = (0.0, ())


def _policies():
    """All rows, latest first day first; at most one query every ``FRESH_S`` seconds, so that earning in bulk asks
    once."""
    global _known
    until, policies = _known
    if monotonic() >= until:
        policies = tuple(ExpiryPolicy.objects.order_by("-starts_on"))
        _known = (monotonic() + FRESH_S, policies)
    return policies


def grace_end(at, days):
    """When points end that are given back at ``at`` to a lot that is over; None when there is no grace."""
    return at + timedelta(days=days) if days else None


def worth_fen(points):
    """What points are worth, in fen, rounded down (C14)."""
    return points * FEN_PER_YUAN // settings.POINTS_PER_YUAN
