"""Figures of earning that staff set while the mall runs (C5). Those of a rule are in its rule set instead."""

from django.utils.translation import gettext_lazy as _

from core.parameters import declare

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
