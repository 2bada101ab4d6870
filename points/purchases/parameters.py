"""Figures of purchases that staff set while the mall runs (C5)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.parameters import declare

AFTER_SALE_DAYS = declare(
    "points.after_sale_days",
    default=7,
    least=0,
    most=90,
    unit=_("days"),
    label=_("after-sale window"),
    help=_(
        "So long after receipt a member may ask for a return. Points of a purchase become usable when it closes; of "
        "purchases from elsewhere it begins with the payment. Orders that were received keep the window they had."
    ),
)
OLDEST_PURCHASE_MONTHS = declare(
    "points.oldest_purchase",
    default=120,
    least=1,
    most=1200,
    unit=pgettext_lazy("unit", "months"),
    label=_("how old a purchase may be"),
    help=_(
        "Purchases that were paid longer ago are refused, whoever tells of them: no points live so long. A partner's "
        "purchase is refused as soon as its points would have ended."
    ),
)
CLAWBACK_POLICY = declare(
    "points.clawback_policy",
    default="debt",
    choices=(
        ("debt", _("becomes a debt, the next points pay it")),
        ("within_balance", _("is let go")),
        ("skip", _("is let go, and nothing is taken at all")),
    ),
    label=_("reward of returned goods that was spent already"),
    help=_(
        "When a purchase is refunded its points go back. This says what happens to those that are not there any more."
    ),
    needs_second=True,
)
