"""Points for the cash of an order: how many, when they become usable, and how many are taken back with refunds (C1, B5,
B8).

``reward`` and ``take_back`` are called by the handlers of the outbox, never while the points account is held: the day's
tally is locked before it. All lock the order first, so that a receipt, a request and a refund follow each other.
"""

from datetime import timedelta

from core.db import locking_transaction
from orders.after_sale import queries
from orders.lifecycle import keys
from orders.lifecycle.services import moves
from orders.models import AfterSaleState, OrderItem, OrderState
from orders.models.after_sale import OPEN
from orders.models.order import PAID_FEN
from points.purchases.models import Purchase, PurchaseRefund
from points.purchases.services import purchases

A_MOMENT = timedelta(microseconds=1)


def reward(*, order_id, by, at):
    """Book what a paid order earns, by the rules it was placed under; None where it was paid with points alone, or is
    booked already: its goods may be in other categories since then.

    The points are pending until ``follow`` knows from when they can be used.
    """
    with locking_transaction():
        order = moves.lock(order_id)
        if Purchase.objects.filter(source=purchases.MALL, number=order.number).exists():
            return None
        lines = cash_by_category(order)
        if not lines:
            return None
        booked = purchases.record(
            member=order.member_id,
            source=purchases.MALL,
            number=order.number,
            lines=lines,
            paid_at=order.paid_at,
            rule_version=order.rule_version or None,
            available_from=purchases.UNDATED,
            by=by,
            at=at,
        )
        follow(order_id=order_id, by=by, at=at)
    return booked


def take_back(*, order_id, refund_key, lines, by, at):
    """Take back what the refunded cash of an order earned; ``lines`` are ``[category, fen]``. Returns the points.

    A refund may be handled before its payment: the purchase is recorded first. The goods may be in other categories
    since then: what the purchase has not, or not so much of, is taken back from all lines. The same ``refund_key``
    again changes nothing.
    """
    with locking_transaction():
        order = moves.lock(order_id)
        reward(order_id=order_id, by=by, at=at)
        points = _take_back(order, refund_key, lines, by=by, at=at)
        follow(order_id=order_id, by=by, at=at)
    return points


def follow(*, order_id, by, at):
    """Let what an order earned be usable from when it should: called whenever that may have changed. What can be used
    stays so, and an order that was rewarded with a date keeps it. True where something changed."""
    with locking_transaction():
        order = moves.lock(order_id)
        if not order.cash_fen:
            return False
        return purchases.set_usable(
            source=purchases.MALL, number=order.number, usable_from=usable_from(order), by=by, at=at
        )


def usable_from(order):
    """From when what an order earned can be used, None while nobody can say: as soon as nothing of it can be returned
    any more. That is after the time to ask is over and the last request has ended, and when the points of the cash
    that went back are taken. What is left of a cancelled order is usable at once."""
    if order.state == OrderState.CANCELLED:
        return order.cancelled_at
    until = queries.ask_before(order)
    cases = list(order.after_sales.all())
    if until is None or any(case.state in OPEN for case in cases):
        return None
    refunds = {
        keys.after_sale(case, "refunded")
        for case in cases
        if case.state == AfterSaleState.SETTLED and case.fen > case.shipping_fen
    }
    if refunds - _taken_back(order):
        return None
    return max([until + A_MOMENT, *(case.ended_at for case in cases)])


def cash_by_category(order):
    """``[(category code, fen)]`` of the cash that was paid for goods, shipping left out."""
    sums = {}
    items = OrderItem.objects.filter(order=order).annotate(cash=PAID_FEN).order_by("pk")
    for category, fen in items.values_list("sku__product__category__code", "cash"):
        sums[category] = sums.get(category, 0) + fen
    return [(category, fen) for category, fen in sums.items() if fen]


def _take_back(order, refund_key, lines, *, by, at):
    purchase = Purchase.objects.select_for_update().filter(source=purchases.MALL, number=order.number).first()
    if purchase is None or purchase.refunds.filter(number=refund_key).exists():
        return 0
    return sum(
        purchases.refund(
            source=purchases.MALL,
            number=order.number,
            refund_number=refund_key,
            amount_fen=fen,
            category=category,
            by=by,
            at=at,
        )
        for category, fen in _as_recorded(purchase, lines)
    )


def _as_recorded(purchase, lines):
    """``lines`` as ``(category, fen)`` of the purchase, those of no category (None) last, and no more than is left."""
    left, asked = {}, {}
    for category, amount, refunded in purchase.lines.values_list("category", "amount_fen", "refunded_fen"):
        left[category] = left.get(category, 0) + amount - refunded
    for category, fen in lines:
        asked[category] = asked.get(category, 0) + fen
    named = [(category, fen) for category, fen in asked.items() if fen <= left.get(category, 0)]
    done = sum(fen for _category, fen in named)
    rest = min(sum(asked.values()), sum(left.values())) - done
    return [*named, (None, rest)] if rest else named


def _taken_back(order):
    refunds = PurchaseRefund.objects.filter(purchase__source=purchases.MALL, purchase__number=order.number)
    return set(refunds.values_list("number", flat=True))
