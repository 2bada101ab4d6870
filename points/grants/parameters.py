"""How much one person may give by hand (C5, B11)."""

from django.utils.translation import gettext_lazy as _

from core.parameters import declare

ADJUST_APPROVAL_ABOVE = declare(
    "points.adjust_approval_above",
    default=5000,
    least=0,
    most=2**31 - 1,
    unit=_("points"),
    label=_("points by hand that need a second person"),
    help=_(
        "So many points one person may give and take in a day, all in all and for any one member, by adjustments and "
        "files together. What would be more waits until somebody else approves it."
    ),
    needs_second=True,
)
