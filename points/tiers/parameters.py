"""Figures of tiers that are not in their table (C5, C12)."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.parameters import declare

WEEKDAYS = (
    _("Every Monday"), _("Every Tuesday"), _("Every Wednesday"), _("Every Thursday"), _("Every Friday"),
    _("Every Saturday"), _("Every Sunday"),
)  # fmt: skip
TIER_WINDOW_MONTHS = declare(
    "points.tier_window",
    default=12,
    least=1,
    most=60,
    unit=pgettext_lazy("unit", "months"),
    label=_("months whose points make a tier"),
    help=_("Points earned in the last months, to the day, decide which tier a member reaches and keeps."),
    needs_second=True,
)
TIER_GRACE_DAYS = declare(
    "points.tier_grace",
    default=30,
    least=1,
    most=365,
    unit=_("days"),
    label=_("grace before a tier is lowered"),
    help=_("Who has too few points on the anniversary is told, and keeps the tier for so many days more."),
)
MEMBER_DAY = declare(
    "points.member_day",
    default="month:18",
    choices=(
        ("none", _("No member day")),
        *((f"week:{n}", day) for n, day in enumerate(WEEKDAYS, 1)),
        *((f"month:{n}", format_lazy(_("Day {n} of every month"), n=n)) for n in range(1, 29)),
    ),
    label=_("member day"),
    help=_("On this day each tier gets its member-day discount, too."),
    needs_second=True,
)
