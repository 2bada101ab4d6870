"""Figures of members that staff set while the mall runs (C5)."""

from django.utils.translation import gettext_lazy as _

from core.parameters import declare

CODES_PER_HOUR = declare(
    "accounts.codes_per_hour",
    default=2000,
    least=0,
    most=1_000_000,
    label=_("codes that are sent in an hour"),
    help=_(
        "All codes by SMS and e-mail together. More than that is most likely somebody who makes the mall pay for "
        "messages: the rest is refused politely, and staff see it on their first page."
    ),
)
