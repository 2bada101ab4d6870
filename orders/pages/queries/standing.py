"""What stands beside the row of an order and decides what its page says: the same for one order and for a list."""

from collections import defaultdict
from dataclasses import dataclass

from orders.after_sale.queries import settled_whole
from orders.lifecycle import keys
from orders.models import OrderState, Payment, PaymentRefund, PaymentState


@dataclass(frozen=True)
class Standing:
    """``disputed``: a payment waits for staff to look. ``settled``: all pieces that were sent are settled. ``payment``
    is the last one, ``refunds`` are those of the order itself, not of its after-sale requests."""

    disputed: bool = False
    settled: bool = False
    payment: Payment | None = None
    refunds: tuple = ()


def standings(orders):
    """``{order id: Standing}``, in as many queries as for one order."""
    payments, refunds = defaultdict(list), defaultdict(list)
    for payment in Payment.objects.filter(order__in=[o for o in orders if o.cash_fen]).order_by("created_at", "pk"):
        payments[payment.order_id].append(payment)
    came_back = [order for order in orders if order.returned.get("fen")]
    back = PaymentRefund.objects.filter(payment__order__in=came_back).order_by("pk")
    for refund in back.select_related("payment"):
        if refund.key == keys.refund(refund.payment):
            refunds[refund.payment.order_id].append(refund)
    whole = settled_whole([order for order in orders if order.state in (OrderState.SHIPPED, OrderState.COMPLETED)])
    return {
        order.pk: Standing(
            disputed=any(payment.state == PaymentState.DISPUTED for payment in payments[order.pk]),
            settled=order.pk in whole,
            payment=payments[order.pk][-1] if payments[order.pk] else None,
            refunds=tuple(refunds[order.pk]),
        )
        for order in orders
    }


def standing(order):
    """The ``Standing`` of one order."""
    return standings([order])[order.pk]
