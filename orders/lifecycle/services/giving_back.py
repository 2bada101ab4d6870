"""What a cancelled order and a settled after-sale request have in common: points, and word of cash that goes back."""

from core import outbox
from orders.lifecycle import keys
from orders.models import Coupon
from points import ledger

REFUNDED_TOPIC = "order.refunded"


def refund_points(order, points, *, key, by, at, grace_from_end=False):
    """Give captured points of an order back to their lots; the parts as ``Order.returned`` keeps them. Grace is as in
    ``ledger.refund``."""
    if not points:
        return []
    back = ledger.refund(
        account=order.member_id,
        spent=keys.capture(order),
        points=points,
        key=key,
        by=by,
        at=at,
        grace_from_end=grace_from_end,
    )
    return parts_of(back, at)


def parts_of(back, at):
    """``[{"points", "expires_at"}]`` of what a release or a refund gave back and can still be spent."""
    return [
        {"points": piece.points, "expires_at": piece.expires_at and piece.expires_at.isoformat()}
        for piece in back.pieces
        if piece.expires_at is None or piece.expires_at > at
    ]


def came_back(parts, fen, coupons):
    """What came back, as ``Order.returned`` and ``AfterSale.returned`` keep it; ``coupons`` are those given back."""
    usable = sum(coupon.state == Coupon.State.UNUSED for coupon in coupons)
    what = {"points": sum(part["points"] for part in parts), "fen": fen, "parts": parts}
    return what | ({"coupons": usable} if usable else {})


def publish_refunded_cash(order, fen, *, key, at):
    """As ``publish_refunded``, where nobody says for which goods: it counts for all of them."""
    if fen > 0:
        outbox.publish(REFUNDED_TOPIC, key=key, at=at, order_id=order.pk, refund_key=key, fen=fen, lines=[["", fen]])


def publish_refunded(order, lines, *, key, at):
    """In the caller's transaction: cash for goods goes back, so what was earned with it is taken back (C1, B8).

    ``lines`` are ``(OrderItem, fen)`` with the item's product loaded or not. The earning is booked by its handler
    later: nobody may touch an earning while holding the points account. Without cash there is nothing to take back.
    """
    by_category = {}
    for item, fen in lines:
        if fen:
            code = item.sku.product.category.code
            by_category[code] = by_category.get(code, 0) + fen
    if by_category:
        outbox.publish(
            REFUNDED_TOPIC,
            key=key,
            at=at,
            order_id=order.pk,
            refund_key=key,
            fen=sum(by_category.values()),
            lines=[[code, fen] for code, fen in sorted(by_category.items())],
        )
