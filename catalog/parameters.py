"""Parameters of the catalogue that staff set while the mall runs (C5)."""

from django.utils.translation import gettext_lazy as _

from core.parameters import declare

MARGIN_PERCENT = declare(
    "catalog.margin_percent",
    default=0,
    least=0,
    most=500,
    unit="%",
    label=_("margin on the cost"),
    help=_("What the proposal of a points price adds to the cost of the goods."),
)
