"""What the cash of an order earns, and what of it goes when cash goes back (C1, B5, B8).

Called by the handlers of the outbox, never while the points account is held: the day's tally is locked before it.
"""

from datetime import timedelta

from core.db import locking_transaction
from orders.models import Order, OrderItem
from orders.models.order import PAID_FEN
from orders.parameters import AUTO_RECEIPT_DAYS
from points.models import Purchase
from points.parameters import AFTER_SALE_DAYS
from points.services import purchases


def reward(*, order_id, by, at):
    """Book what a paid order earns, by the rules it was placed under; None where it was paid with points alone, or is
    booked already: its goods may be in other categories since then.

    The points are usable when the after-sale window of a parcel closes that nobody confirmed: that is known at payment,
    and a return before it takes them from where they lie pending.
    """
    order = Order.objects.get(pk=order_id)
    if Purchase.objects.filter(source=purchases.MALL, number=order.number).exists():
        return None
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

    A refund may be handled before its payment: the purchase is recorded first. The goods may be in other categories
    since then: what the purchase has not, or not so much of, is taken back from all lines. The same ``refund_key``
    again changes nothing.
    """
    reward(order_id=order_id, by=by, at=at)
    number = Order.objects.values_list("number", flat=True).get(pk=order_id)
    with locking_transaction():
        purchase = Purchase.objects.select_for_update().filter(source=purchases.MALL, number=number).first()
        if purchase is None or purchase.refunds.filter(number=refund_key).exists():
            return 0
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
            for category, fen in _as_recorded(purchase, lines)
        )


def _as_recorded(purchase, lines):
    """``lines`` as ``(category, fen)`` of the purchase, those of no category (None) last."""
    left, asked = {}, {}
    for category, amount, refunded in purchase.lines.values_list("category", "amount_fen", "refunded_fen"):
        left[category] = left.get(category, 0) + amount - refunded
    for category, fen in lines:
        asked[category] = asked.get(category, 0) + fen
    named = [(category, fen) for category, fen in asked.items() if fen <= left.get(category, 0)]
    rest = sum(asked.values()) - sum(fen for _category, fen in named)
    return [*named, (None, rest)] if rest else named


def cash_by_category(order):
    """``[(category code, fen)]`` of the cash that was paid for goods, shipping left out."""
    sums = {}
    items = OrderItem.objects.filter(order=order).annotate(cash=PAID_FEN).order_by("pk")
    for category, fen in items.values_list("sku__product__category__code", "cash"):
        sums[category] = sums.get(category, 0) + fen
    return [(category, fen) for category, fen in sums.items() if fen]
