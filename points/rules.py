"""The rules of points in force, as plain functions of settings and a moment."""

import calendar
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

FEN_PER_YUAN = 100
GRACE_DAYS = 14  # life of points given back after their lot ended (B7); 0 would be none


def default_expiry(at):
    """When points earned at ``at`` end: with the last moment of the last day of the month, in the shop's time zone,
    ``POINTS_EXPIRY_MONTHS`` later; None when that is 0 (they never end)."""
    if not settings.POINTS_EXPIRY_MONTHS:
        return None
    earned = timezone.localtime(at)
    years, month0 = divmod(earned.month - 1 + settings.POINTS_EXPIRY_MONTHS, 12)
    year, month = earned.year + years, month0 + 1
    return datetime(year, month, calendar.monthrange(year, month)[1], 23, 59, 59, 999_999, tzinfo=earned.tzinfo)


def grace_end(at, days):
    """When points end that are given back at ``at`` to a lot that is over; None when there is no grace."""
    return at + timedelta(days=days) if days else None


def worth_fen(points):
    """What points are worth, in fen, rounded down (C14)."""
    return points * FEN_PER_YUAN // settings.POINTS_PER_YUAN
