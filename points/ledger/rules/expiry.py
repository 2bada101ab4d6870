"""When points end: by the rule in force at a moment, of those that were announced, or else by the settings (B9)."""

import calendar
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache

from django.conf import settings
from django.utils import timezone

from core.clock import shop_date
from core.live import Live
from points.ledger.models import UNDATED, ExpiryPolicy

GRACE_DAYS = 14  # life of points given back after their lot ended (B7); 0 would be none
NOTICE_DAYS = 30  # how long before its first day a rule about expiry is announced (B9)
UNIT_MONTHS: dict[str, int] = {ExpiryPolicy.Unit.MONTH: 1, ExpiryPolicy.Unit.QUARTER: 3, ExpiryPolicy.Unit.YEAR: 12}
A_MOMENT = timedelta(microseconds=1)


def ends_of(begins: datetime, *, earned_at: datetime) -> tuple[datetime | None, datetime | None]:
    """``(default_expiry, renewal)`` of points that are earned at ``earned_at`` and usable from ``begins`` on; every
    earning asks both, so the rule is looked up once."""
    policy = policy_at(earned_at)
    renews = policy.kind == ExpiryPolicy.Kind.ACTIVITY
    return expiry_by(policy, begins), expiry_by(policy, earned_at) if renews else None


def default_expiry(at: datetime, *, earned_at: datetime | None = None) -> datetime | None:
    """When points that become usable at ``at`` end, None for never: by the rule in force when they were earned
    (``earned_at``, default ``at``), counted from when they can be used (B9)."""
    return expiry_by(policy_at(earned_at or at), at)


def renewal(at: datetime) -> datetime | None:
    """Until when an earning at ``at`` keeps the member's other points alive, or None where the rule in force is not
    about activity (B9)."""
    policy = policy_at(at)
    return expiry_by(policy, at) if policy.kind == ExpiryPolicy.Kind.ACTIVITY else None


def expiry_by(policy: ExpiryPolicy, at: datetime) -> datetime | None:
    """The last moment, in the shop's time zone, of points that become usable at ``at`` under ``policy``; None: never,
    or not known yet, as for ``UNDATED``.

    ``months`` later, a month's missing days clamped (31 Jan + 1 = 28 Feb), then to the end of that day, month, quarter
    or year. Always after ``at``: the last microsecond of a day counts as the next day's.
    """
    if policy.kind == ExpiryPolicy.Kind.NEVER or at == UNDATED:
        return None
    return _end_after(shop_date(at + A_MOMENT), policy.months, policy.unit, timezone.get_default_timezone())


@lru_cache(maxsize=1024)  # all earnings of a day have the same
def _end_after(day: date, months: int, unit: str, zone: tzinfo) -> datetime:
    day = add_months(day, months)
    if unit != ExpiryPolicy.Unit.DAY:
        length = UNIT_MONTHS[unit]
        last = -(-day.month // length) * length
        day = date(day.year, last, calendar.monthrange(day.year, last)[1])
    return datetime.combine(day, time.max, tzinfo=zone)


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or that month's last."""
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def policy_at(at: datetime) -> ExpiryPolicy:
    """The ``ExpiryPolicy`` in force at ``at``; the settings' own, unsaved and with no first day, before all others."""
    today = shop_date(at)
    for policy in POLICIES.get():
        if policy.starts_on <= today:
            return policy
    return initial_policy()


def announced_after(at: datetime) -> list[ExpiryPolicy]:
    """Rules that start on a later day than that of ``at``, soonest first."""
    today = shop_date(at)
    return [policy for policy in reversed(POLICIES.get()) if policy.starts_on > today]


def initial_policy() -> ExpiryPolicy:
    """``POINTS_EXPIRY_MONTHS`` as a rule: the end of the month that many months later, or never when it is 0."""
    return _initial_policy(settings.POINTS_EXPIRY_MONTHS)


@cache  # every earning asks
def _initial_policy(months: int) -> ExpiryPolicy:
    if not months:
        return ExpiryPolicy(kind=ExpiryPolicy.Kind.NEVER, months=0, unit=ExpiryPolicy.Unit.NONE)
    return ExpiryPolicy(kind=ExpiryPolicy.Kind.PERIOD_END, months=months, unit=ExpiryPolicy.Unit.MONTH)


def _load() -> tuple[ExpiryPolicy, ...]:
    return tuple(ExpiryPolicy.objects.order_by("-starts_on"))


def grace_end(at: datetime, days: int) -> datetime | None:
    """When points end that are given back at ``at`` to a lot that is over; None when there is no grace."""
    return at + timedelta(days=days) if days else None


POLICIES = Live("expiry_policies", _load)  # all rows, latest first day first
