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
DEDUCTION_PERCENT = declare(
    "orders.deduction_percent",
    default=50,
    least=0,
    most=100,
    unit="%",
    label=_("cash that points may pay"),
    help=_("Of the cash for goods that are offered for cash. 0: points pay no cash."),
    needs_second=True,
)
DEDUCTION_MINIMUM = declare(
    "orders.deduction_minimum",
    default=100,
    least=1,
    most=1_000_000,
    unit=_("points"),
    label=_("fewest points instead of cash"),
    help=_("Who wants to use fewer pays all of the cash."),
)
DEDUCTION_STEP = declare(
    "orders.deduction_step",
    default=100,
    least=1,
    most=1_000_000,
    unit=_("points"),
    label=_("steps of points instead of cash"),
    help=_("What a member asks for is rounded down to whole steps."),
)
COUPON_GRACE_DAYS = declare(
    "orders.coupon_grace",
    default=7,
    least=0,
    most=90,
    unit=_("days"),
    label=_("life of a coupon that comes back ended"),
    help=_("A coupon of a cancelled order that ended meanwhile can be used so long. 0: it stays ended."),
)
BY_HAND_APPROVAL_YUAN = declare(
    "orders.by_hand_approval_above",
    default=5_000,
    least=0,
    most=10_000_000,
    unit=_("yuan"),
    label=_("money by hand that needs a second person"),
    help=_(
        "So much one person may pay back and give away in a day, all in all and for any one member: refunds, points "
        "that come back and coupons together. What would be more waits until somebody else approves it."
    ),
    needs_second=True,
)
COUPON_WORTH_YUAN = declare(
    "orders.coupon_worth",
    default=20,
    least=0,
    most=100_000,
    unit=_("yuan"),
    label=_("worth of a coupon without an amount"),
    help=_("So much a discount or free shipping counts when staff give it away. Coupons with an amount count that."),
    needs_second=True,
)
MAX_AFTER_SALE_PICTURES = declare(
    "orders.after_sale_pictures",
    default=6,
    least=0,
    most=9,
    label=_("pictures with an after-sale request"),
)
RETURN_ADDRESS = declare(
    "orders.return_address",
    default="",
    label=_("where returned goods are sent"),
    help=_("Recipient, phone and address. Members read it once their request is approved."),
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
