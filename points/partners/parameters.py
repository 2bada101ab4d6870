"""How long calls of partners are kept (C5, H3)."""

from django.utils.translation import gettext_lazy as _

from core.parameters import declare

PARTNER_LOG_DAYS = declare(
    "points.partner_log",
    default=90,
    least=7,
    most=3650,
    unit=_("days"),
    label=_("how long calls of partners are kept"),
    help=_("So long a repeated request gets the answer of the first, and webhook deliveries can be looked up."),
)
