"""The one way an order ends without a parcel: by its member, by staff or by the clock (F3, F6, F9, F10)."""

import structlog

from catalog.services import stock
from core import actors, audit
from core.db import locking_transaction
from orders import payments
from orders.coupons.services import coupons
from orders.lifecycle import keys
from orders.lifecycle.services import giving_back, moves, popularity
from orders.models import CancelReason, Order, OrderState, PaymentState
from orders.payments.base import PAID
from orders.payments.services import paying
from points import ledger

log = structlog.get_logger(__name__)

BY_TIMEOUT = actors.system("payment_window")
LONGEST_NOTE = 200


def cancel_order(*, order, by, at, reason=""):
    """Cancel an order that is not shipped; returns it with what came back in ``returned``.

    Points go back to the lots they came from, cash through its provider with the shipping fee, coupons to the member,
    pieces to the shelf: one transaction. What was earned with the cash is taken back right after it.
    ``by`` decides the ``CancelReason``; ``reason`` is what they say about it, and the member reads it. A cancelled
    order stays as it is. Raises ``MoveNotAllowed`` or ``Busy``.
    """
    with locking_transaction():
        return _cancel(moves.lock(order.pk), by=by, at=at, reason=reason)


def close_unpaid(*, order_id, at):
    """Close an order whose payment window is over; True when it was closed now.

    The provider is asked first, without a lock: money that has arrived moves the order on instead. A provider that
    does not answer raises ``ProviderUnavailable``, and the clock comes again. While a payment is disputed the order
    stays open for staff.
    """
    order = Order.objects.get(pk=order_id)
    if order.state != OrderState.PENDING_PAYMENT or order.pay_before > at:
        return False
    for payment_id, provider in paying.may_bring_money(order.payments).values_list("pk", "provider"):
        try:
            payments.get(provider)
        except payments.UnknownProvider:
            log.warning("provider_gone", order=order.number, provider=provider)
            continue
        if paying.ask(payment_id=payment_id, by=BY_TIMEOUT, at=at) == PAID:
            return False
    with locking_transaction():
        order = moves.lock(order_id)
        if order.state != OrderState.PENDING_PAYMENT or order.pay_before > at or paying.is_disputed(order):
            return False
        _cancel(order, by=BY_TIMEOUT, at=at, reason="")
    return True


def _cancel(order, *, by, at, reason):
    """Cancel a locked order and give everything back, once."""
    if order.state == OrderState.CANCELLED:
        return order
    moves.check(order, OrderState.CANCELLED)
    was_redeemed = order.state != OrderState.PENDING_PAYMENT
    given_back = coupons.give_back(order=order, by=by, at=at)
    parts = _return_points(order, by=by, at=at)
    lines = list(order.items.values_list("sku_id", "quantity"))
    refunded_fen = order.returned.get("fen", 0)  # what was paid twice is on its way already
    for payment in order.payments.select_for_update(of=("self",)):
        if payment.state == PaymentState.PAID:
            refunded_fen += payment.left_fen
            paying.start_refund(payment, by=by, at=at)
        elif payment.state == PaymentState.OPEN:
            paying.close(payment)
    code = _code(by)
    note = "" if code == CancelReason.TIMEOUT else reason.strip()[:LONGEST_NOTE]  # a timer gives no reason
    moves.move(
        order,
        OrderState.CANCELLED,
        by=by,
        at=at,
        reason=note,
        cancelled_at=at,
        cancel_reason=code,
        cancel_note=note,
        returned=giving_back.came_back(parts, refunded_fen, given_back),
    )
    stock.give_back(
        lines=lines,
        key=keys.stock_returned(order),
        source=order.subject,
        by=by,
        at=at,
    )
    if was_redeemed:
        popularity.publish(order, [(sku_id, -quantity) for sku_id, quantity in lines], at=at)
        items = order.items.select_related("sku__product__category")
        paid = [(item, item.paid.fen) for item in items]
        giving_back.publish_refunded(order, paid, key=keys.refunded(order), at=at)
    audit.record(
        "order.cancelled", by=by, subject=order.subject, at=at,
        reason=code, note=note, points=order.points, refunded_fen=refunded_fen,
    )  # fmt: skip
    return order


def _code(by):
    if by == BY_TIMEOUT:
        return CancelReason.TIMEOUT
    return CancelReason.MEMBER if by.startswith(actors.member("")) else CancelReason.SHOP


def _return_points(order, *, by, at):
    """Release what was held, or refund what was captured; ``[{"points", "expires_at"}]`` of what came back. Members who
    order and cancel again and again keep no points alive by it."""
    if not order.points:
        return []
    if order.state != OrderState.PENDING_PAYMENT:
        return giving_back.refund_points(
            order,
            order.points,
            key=keys.give_back(order),
            by=by,
            at=at,
            grace_from_end=_code(by) == CancelReason.MEMBER,
        )
    back = ledger.release(account=order.member_id, hold=keys.hold(order), key=keys.give_back(order), by=by, at=at)
    return giving_back.parts_of(back, at)
