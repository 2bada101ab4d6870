"""What the cash of an order earns, and what of it goes when cash goes back (C1, B5, B8).

Called by the handlers of the outbox, never while the points account is held: the day's tally is locked before it.
"""

from datetime import timedelta

from orders.models import Order, OrderItem
from orders.models.order import PAID_FEN
from orders.parameters import AUTO_RECEIPT_DAYS
from points.models import PurchaseLine
from points.parameters import AFTER_SALE_DAYS
from points.services import purchases


def reward(*, order_id, by, at):
    """Book what a paid order earns, by the rules it was placed under; None where it was paid with points alone.

    The points are usable when the after-sale window of a parcel closes that nobody confirmed: that is known at payment,
    and a return before it takes them from where they lie pending.
    """
    order = Order.objects.get(pk=order_id)
    lines = cash_by_category(order)
    if not lines:
        return None
    wait = timedelta(days=AUTO_RECEIPT_DAYS.value + AFTER_SALE_DAYS.value)
    return purchases.record(
        member=order.member_id,
        source=purchases.MALL,
        number=order.number,
        lines=lines,
        paid_at=order.paid_at,
        rule_version=order.rule_version or None,
        available_from=order.paid_at + wait,
        by=by,
        at=at,
    )


def take_back(*, order_id, refund_key, lines, by, at):
    """Take back what the refunded cash of an order earned; ``lines`` are ``[category, fen]``. Returns the points.

    A refund may be handled before its payment: the purchase is recorded first. Goods that moved to another category
    since then are taken back from all lines.
    """
    reward(order_id=order_id, by=by, at=at)
    number = Order.objects.values_list("number", flat=True).get(pk=order_id)
    known = set(
        PurchaseLine.objects.filter(purchase__source=purchases.MALL, purchase__number=number).values_list(
            "category", flat=True
        )
    )
    if not known:
        return 0
    sums = {}
    for category, fen in lines:
        name = category if category in known else None
        sums[name] = sums.get(name, 0) + fen
    return sum(
        purchases.refund(
            source=purchases.MALL,
            number=number,
            refund_number=refund_key,
            amount_fen=fen,
            category=category,
            by=by,
            at=at,
        )
        for category, fen in sums.items()
    )


def cash_by_category(order):
    """``[(category code, fen)]`` of the cash that was paid for goods, shipping left out."""
    sums = {}
    items = OrderItem.objects.filter(order=order).annotate(cash=PAID_FEN).order_by("pk")
    for category, fen in items.values_list("sku__product__category__code", "cash"):
        sums[category] = sums.get(category, 0) + fen
    return [(category, fen) for category, fen in sums.items() if fen]
