"""The one clock. The domain never reads it: callers pass ``at=``."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

FIRST_YEAR, LAST_YEAR = 1970, 8999
ZERO = timedelta(0)
WIDEST = timedelta(hours=16)  # PostgreSQL knows no zone so far from UTC


def now() -> datetime:
    """This moment, aware, in UTC."""
    return timezone.now()


def shop_date(at: datetime) -> date:
    """The date of the aware moment ``at`` in the shop's time zone (``TIME_ZONE``)."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone has no date in the shop")
    return at.astimezone(timezone.get_default_timezone()).date()


def day_end(at: datetime, days: int = 0) -> datetime:
    """The shop's midnight that ends the day ``days`` days after the one of the aware moment ``at``."""
    day = shop_date(at) + timedelta(days=days + 1)
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def is_in_calendar(when: date) -> bool:
    """Whether one can reckon with the date or aware moment ``when`` that somebody asks for. Near the ends of Python's
    own calendar the next day, the month after or the shop's time zone are an ``OverflowError``."""
    if isinstance(when, datetime) and abs(when.utcoffset() or ZERO) >= WIDEST:
        return False
    return FIRST_YEAR <= when.year <= LAST_YEAR
