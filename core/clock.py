"""The one clock. The domain never reads it: callers pass ``at=``."""

from datetime import datetime, time, timedelta

from django.utils import timezone


def now():
    """This moment, aware, in UTC."""
    return timezone.now()


def shop_date(at):
    """The date of the aware moment ``at`` in the shop's time zone (``TIME_ZONE``)."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone has no date in the shop")
    return at.astimezone(timezone.get_default_timezone()).date()


def day_end(at, days=0):
    """The shop's midnight that ends the day ``days`` days after the one of the aware moment ``at``."""
    day = shop_date(at) + timedelta(days=days + 1)
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
