"""Figures of orders that staff set while the mall runs (C5)."""

from django.utils.translation import gettext_lazy as _

from core.parameters import declare

AUTO_RECEIPT_DAYS = declare(
    "orders.auto_receipt_days",
    default=10,
    least=1,
    most=60,
    unit=_("days"),
    label=_("receipt confirms itself after"),
    help=_("Counted from the day of shipping."),
)
MAX_UNPAID_ORDERS = declare(
    "orders.max_unpaid",
    default=5,
    least=1,
    most=50,
    label=_("unpaid orders of one member"),
    help=_("Each unpaid order holds goods back from others; a member cannot have more of them at once."),
)
