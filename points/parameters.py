"""Figures of points that staff set while the mall runs (C5). Those of an earning rule are in its rule set instead."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.parameters import declare

WEEKDAYS = (
    _("Every Monday"), _("Every Tuesday"), _("Every Wednesday"), _("Every Thursday"), _("Every Friday"),
    _("Every Saturday"), _("Every Sunday"),
)  # fmt: skip

POINTS_PER_YUAN = declare(
    "points.per_yuan",
    default=100,
    least=1,
    most=100_000,
    label=_("points that are worth one yuan"),
    help=_("The value of a point: cash deduction, proposals of prices and the liability follow it."),
    needs_second=True,
)
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
RULES_APPROVAL_PERCENT = declare(
    "points.rules_approval_percent",
    default=20,
    least=0,
    most=1_000,
    unit="%",
    label=_("change of earned points that needs a second person"),
    help=_(
        "A version of the earning rules with which something gives so many percent more or fewer points than a day "
        "ago waits until somebody else approves it, and so does a script that the rules did not use."
    ),
    needs_second=True,
)
PAYMENT_WINDOW_MINUTES = declare(
    "points.payment_window",
    default=30,
    least=5,
    most=55,  # shorter than the broker keeps a waiting task to itself, or each order's clock would start again
    unit=_("minutes"),
    label=_("time to pay"),
    help=_("An order that is not paid by then closes by itself; its points and goods go back."),
)
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
MEMBERS_PER_DEVICE = declare(
    "points.members_per_device",
    default=3,
    least=0,
    most=10_000,
    unit=_("members"),
    label=_("members who earn with one device"),
    help=_("More of them on one day, by the same behaviour, wait for a review. 0 does not look."),
    needs_second=True,
)
MEMBERS_PER_ADDRESS = declare(
    "points.members_per_address",
    default=30,
    least=0,
    most=10_000,
    unit=_("members"),
    label=_("members who earn from one network address"),
    help=_(
        "More of them on one day, by the same behaviour, wait for a review: a school or an office is one address. 0 "
        "does not look."
    ),
    needs_second=True,
)
MEMBERS_PER_PHONE_PREFIX = declare(
    "points.members_per_phone_prefix",
    default=10,
    least=0,
    most=1_000,
    unit=_("members"),
    label=_("new members with phone numbers in a row"),
    help=_("More of them on one day, alike but for the last three digits, wait for a review. 0 does not look."),
    needs_second=True,
)
REVIEW_DAYS = declare(
    "points.review_days",
    default=14,
    least=0,
    most=365,
    unit=_("days"),
    label=_("time to decide on an earning under review"),
    help=_("Members are told the day. What nobody decided by then is credited. 0 waits until somebody decides."),
)
APPEAL_DAYS = declare(
    "points.appeal_days",
    default=14,
    least=1,
    most=365,
    unit=_("days"),
    label=_("time to appeal against a refusal"),
    help=_("So long a member may speak against an earning that was refused."),
)
APPEAL_ANSWER_DAYS = declare(
    "points.appeal_answer_days",
    default=7,
    least=1,
    most=90,
    unit=_("days"),
    label=_("time to answer an appeal"),
    help=_("Members are told the day. An appeal that nobody answered by then is granted."),
)
PARTNER_LOG_DAYS = declare(
    "points.partner_log",
    default=90,
    least=7,
    most=3650,
    unit=_("days"),
    label=_("how long calls of partners are kept"),
    help=_("So long a repeated request gets the answer of the first, and webhook deliveries can be looked up."),
)
