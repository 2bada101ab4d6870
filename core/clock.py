"""The one clock. The domain never reads it: callers pass ``at=``."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

FIRST_YEAR, LAST_YEAR = 1970, 8999
ZERO = timedelta(0)
WIDEST = timedelta(hours=16)  # wider than any time zone's distance from UTC


def now() -> datetime:
    """This moment, aware, in UTC."""
    return timezone.now()


def shop_date(at: datetime) -> date:
    """The date of the aware moment ``at`` in the shop's time zone (``TIME_ZONE``)."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone has no date in the shop")
    return at.astimezone(timezone.get_default_timezone()).date()


def day_end(at: datetime, days: int = 0) -> datetime:
    """Midnight in the shop at the end of the day that lies ``days`` days after the day of the aware moment ``at``."""
    day = shop_date(at) + timedelta(days=days + 1)
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def is_in_calendar(when: date) -> bool:
    """Whether it is safe to calculate with the requested date or aware moment ``when``. Near the ends of Python's
    calendar, going to the next day, the next month or the shop's time zone raises an ``OverflowError``."""
    if isinstance(when, datetime) and abs(when.utcoffset() or ZERO) >= WIDEST:
        return False
    return FIRST_YEAR <= when.year <= LAST_YEAR
