"""Money has come: the order it was for moves on, or it goes back (F5, F6)."""

from core import outbox
from orders.lifecycle import keys
from orders.lifecycle.services import moves, popularity
from orders.models import OrderState, PaymentState
from orders.payments.services.paying import rows
from orders.payments.services.paying.refunding import start_refund
from points import ledger

PAID_TOPIC = "order.paid"
MONEY_CAME = (PaymentState.PAID, PaymentState.REFUNDING, PaymentState.REFUNDED, PaymentState.REFUND_REFUSED)


def take_money(order, payment, *, provider_id, by, at, word=""):
    """In the caller's transaction, with both rows locked: the money of a payment has come.

    An order that waits for it moves on; from one that does not wait (any more), the money goes back.
    """
    came = {"provider_id": provider_id, "said": word, "paid_at": at, "next_ask_at": None, "look_since": None}
    if order.state == OrderState.PENDING_PAYMENT:
        order.payments.filter(state=PaymentState.OPEN).exclude(pk=payment.pk).update(state=PaymentState.CLOSED)
        rows.change(payment, PaymentState.PAID, **came)
        moves.move(order, OrderState.TO_SHIP, by=by, at=at, reason=payment.reference, paid_at=at)
        if order.points:
            ledger.capture(account=order.member_id, hold=keys.hold(order), key=keys.capture(order), by=by, at=at)
        popularity.publish(order, list(order.items.values_list("sku_id", "quantity")), at=at)
        outbox.publish(PAID_TOPIC, key=keys.paid(order), at=at, order_id=order.pk)
    else:
        rows.change(payment, payment.state, **came)
        order.returned = {**order.returned, "fen": order.returned.get("fen", 0) + payment.arrived_fen}
        order.save(update_fields=["returned"])  # the member reads of it on the order's page
        start_refund(payment, by=by, at=at)
