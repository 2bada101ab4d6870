"""The one clock. The domain never reads it: callers pass ``at=``."""

from django.utils import timezone


def now():
    """This moment, aware, in UTC."""
    return timezone.now()


def shop_date(at):
    """The date of the moment ``at`` in the shop's time zone (``TIME_ZONE``)."""
    return timezone.localdate(at)
