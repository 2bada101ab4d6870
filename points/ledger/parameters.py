"""The value of a point, set while the mall runs (C5)."""

from django.utils.translation import gettext_lazy as _

from core.parameters import declare

POINTS_PER_YUAN = declare(
    "points.per_yuan",
    default=100,
    least=1,
    most=100_000,
    label=_("points that are worth one yuan"),
    help=_("The value of a point: cash deduction, proposals of prices and the liability follow it."),
    needs_second=True,
)
