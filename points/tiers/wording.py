"""What tiers give, said to a member."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from points.tiers.parameters import WEEKDAYS


def off(percent):
    """``5% off``; in Chinese what is left is counted, in tenths: ``9.5折``. A dash where nothing comes off."""
    if not percent:
        return "—"
    if (get_language() or "").startswith("zh"):
        return f"{(100 - percent) / 10:g}折"
    return _("%(percent)s%% off") % {"percent": percent}


def member_day(value):
    """The parameter ``points.member_day`` in words, or nothing where there is none."""
    kind, _colon, number = value.partition(":")
    if kind == "week":
        return str(WEEKDAYS[int(number) - 1])
    return _("Day {n} of every month").format(n=number) if kind == "month" else ""
