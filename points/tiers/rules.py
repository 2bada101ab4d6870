"""Tiers, as plain functions: which one points reach, what becomes of it in time, what it gives (C12, C13).

Tier points are those earned in the window, never the balance: spending, its return and the end of points do not
count; corrections and rewards taken back do, at their own time.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from django.utils import timezone
from django.utils.translation import get_language

from core.clock import shop_date
from core.live import Live
from points.ledger.models import Kind
from points.ledger.rules.expiry import add_months
from points.tiers import models
from points.tiers.models import LOWEST, TierChange, TierCode
from points.tiers.parameters import MEMBER_DAY, TIER_GRACE_DAYS, TIER_WINDOW_MONTHS

TERM_MONTHS = 12  # a tier is looked at again on the anniversary of the day on which it was reached
NOT_EARNED = (Kind.REDEEM, Kind.REFUND, Kind.EXPIRE)
Cause = TierChange.Cause


@dataclass(frozen=True, slots=True)
class Tier:
    """The figures of a tier. Percents are taken off; ``threshold`` and ``birthday_points`` are points."""

    code: str
    position: int
    name: str
    name_en: str
    threshold: int
    multiplier: Decimal
    discount_percent: int
    member_day_percent: int
    birthday_points: int
    free_shipping: bool

    @property
    def title(self):
        """The name in the language of the page."""
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


# What a new mall begins with, and what counts where the table is empty.
DEFAULTS = (
    Tier(TierCode.NORMAL, 0, "普通会员", "Standard", 0, Decimal("1.00"), 0, 2, 20, False),
    Tier(TierCode.SILVER, 1, "银卡会员", "Silver", 1_000, Decimal("1.20"), 2, 3, 50, False),
    Tier(TierCode.GOLD, 2, "金卡会员", "Gold", 5_000, Decimal("1.50"), 5, 3, 100, True),
    Tier(TierCode.DIAMOND, 3, "钻石会员", "Diamond", 10_000, Decimal("2.00"), 8, 4, 200, True),
)
FIGURES = ("name", "name_en", "threshold", "multiplier", "discount_percent", "member_day_percent", "birthday_points",
           "free_shipping")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Benefits:
    """What pricing and earning use. ``member_day_percent`` comes off beside ``discount_percent``; 0 on other days."""

    tier: str
    multiplier: Decimal
    discount_percent: int
    member_day_percent: int
    free_shipping: bool
    is_member_day: bool


@dataclass(frozen=True, slots=True)
class State:
    """The earned tier of a member, as in ``MemberTier``."""

    tier: str
    since: datetime
    review_on: date | None = None
    grace_until: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A turn: ``cause`` is a ``TierChange.Cause``, ``state`` what holds from now on."""

    cause: str
    state: State


def told_name(tier):
    """The name as a value of a notice, in both languages."""
    return {"zh": tier.name, "en": tier.name_en}


# Which tier


def all_tiers():
    """All tiers, lowest first; from memory."""
    return TIERS.get()


def lowest():
    return all_tiers()[0]


def by_code(code):
    """The tier with that code; the lowest for an unknown or empty one."""
    return next((tier for tier in all_tiers() if tier.code == code), None) or lowest()


def reached(points, tiers=None):
    """The highest tier for which ``points`` are enough."""
    tiers = tiers or all_tiers()
    return max((tier for tier in tiers if tier.threshold <= max(points, 0)), key=lambda tier: tier.position)


def above(code, tiers=None):
    """The next higher tier, or None."""
    return _neighbour(code, 1, tiers or all_tiers())


def below(code, tiers=None):
    """The next lower tier, or None."""
    return _neighbour(code, -1, tiers or all_tiers())


def next_thresholds():
    """``{code: points of the next higher tier}`` as JSON, for the database; the highest has none."""
    return _next_thresholds(all_tiers())


@lru_cache(maxsize=8)  # every earning asks
def _next_thresholds(tiers):
    return json.dumps({tier.code: higher.threshold for tier, higher in pairwise(tiers)})


def covers(code, wanted):
    """Whether a member with the tier ``code`` may have what is reserved for the tier ``wanted`` (empty: for all)."""
    return not wanted or by_code(code).position >= by_code(wanted).position


# When


def window_start(at):
    """The first moment of the window that ends at ``at``: the shop's midnight after the same day ``points.tier_window``
    months before. A month's missing days are clamped, as everywhere."""
    return _window_start(shop_date(at), TIER_WINDOW_MONTHS.value, timezone.get_default_timezone())


@lru_cache(maxsize=1024)  # all earnings of a day have the same
def _window_start(day, months, zone):
    return datetime.combine(add_months(day, -months) + timedelta(days=1), time.min, tzinfo=zone)


def anniversary(since, after):
    """The first anniversary of the moment ``since`` on a later day than ``after``. Who rose on 29 February is looked at
    on 28 February in years without one."""
    first = shop_date(since)
    years = max(after.year - first.year, 1)
    day = add_months(first, TERM_MONTHS * years)
    return day if day > after else add_months(first, TERM_MONTHS * (years + 1))


def is_member_day(day):
    """Whether the shop's date ``day`` is a member day: every month on a day, or every week."""
    kind, _colon, number = MEMBER_DAY.value.partition(":")
    if kind == "month":
        return day.day == int(number)
    return kind == "week" and day.isoweekday() == int(number)


def next_member_day(day):
    """The first member day on or after ``day``, or None where there is none."""
    return next((found for found in (day + timedelta(days=n) for n in range(32)) if is_member_day(found)), None)


def is_birthday(birthday, day):
    """Whether ``day`` is celebrated by who was born on ``birthday``: 29 February is 28 February in common years."""
    return birthday is not None and day == birthday_in(birthday, day.year)


def birthday_in(birthday, year):
    """The day of the year ``year`` on which a birthday is celebrated."""
    return add_months(birthday, 12 * (year - birthday.year))


# What it gives, what becomes of it


def benefits(tier, at):
    """The ``Benefits`` of ``tier`` (a ``Tier``) at the moment ``at``."""
    member_day = is_member_day(shop_date(at))
    return Benefits(
        tier=tier.code,
        multiplier=tier.multiplier,
        discount_percent=tier.discount_percent,
        member_day_percent=tier.member_day_percent if member_day else 0,
        free_shipping=tier.free_shipping,
        is_member_day=member_day,
    )


def step(state, points, *, at, reviewing=False, tiers=None):
    """The turn that ``state`` takes at ``at`` with ``points`` in the window, or None.

    1. Points for a higher tier raise at once, over any number of tiers; the anniversary counts from now.
    2. Enough points end a grace that runs: the tier is kept.
    3. Only when ``reviewing`` and only where the day has come: enough points keep the tier for another year, too few
       begin a grace, and too few after the grace mean one step down, never more.
    """
    tiers = tiers or all_tiers()
    today = shop_date(at)
    figures = next((tier for tier in tiers if tier.code == state.tier), tiers[0])
    target = reached(points, tiers)
    if target.position > figures.position:
        return Step(Cause.PROMOTED, State(target.code, at, anniversary(at, today)))
    is_enough = points >= figures.threshold
    if is_enough and state.grace_until:
        return Step(Cause.KEPT, State(state.tier, state.since, anniversary(state.since, today)))
    if not reviewing or state.review_on is None or state.review_on > today:
        return None
    if is_enough:
        return Step(Cause.KEPT, State(state.tier, state.since, anniversary(state.since, today)))
    if state.grace_until is None:
        last = today + timedelta(days=TIER_GRACE_DAYS.value)
        return Step(Cause.WARNED, State(state.tier, state.since, last + timedelta(days=1), last))
    lower = below(state.tier, tiers)
    return Step(Cause.DEMOTED, State(lower.code, at, None if lower.code == LOWEST else anniversary(at, today)))


def _neighbour(code, distance, tiers):
    codes = [tier.code for tier in tiers]
    index = codes.index(code) + distance if code in codes else -1
    return tiers[index] if 0 <= index < len(tiers) else None


def _load():
    rows = models.Tier.objects.order_by("position").values("code", "position", *FIGURES)
    return tuple(Tier(**row) for row in rows) or DEFAULTS


TIERS = Live("tiers", _load)
