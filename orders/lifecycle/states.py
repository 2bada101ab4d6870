"""The states of an order, and the only moves there are (F3, F7)."""

from datetime import datetime

from orders.models import Order, OrderState

MOVES: dict[str, set[OrderState]] = {
    "": {OrderState.PENDING_PAYMENT, OrderState.TO_SHIP},  # placed: with cash to pay, or with points alone
    OrderState.PENDING_PAYMENT: {OrderState.TO_SHIP, OrderState.CANCELLED},
    OrderState.TO_SHIP: {OrderState.PARTLY_SHIPPED, OrderState.SHIPPED, OrderState.CANCELLED},
    OrderState.PARTLY_SHIPPED: {OrderState.SHIPPED},  # the last parcel left, or the rest was paid back
    OrderState.SHIPPED: {OrderState.COMPLETED},
    OrderState.COMPLETED: set(),
    OrderState.CANCELLED: set(),
}

MEMBER_MAY_CANCEL = {from_state for from_state, reached in MOVES.items() if OrderState.CANCELLED in reached}
MAY_SHIP = [OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED]
# Members see five states (F3): an order of which a part is on its way is found under "shipped".
SEEN_TOGETHER = {OrderState.SHIPPED: [OrderState.PARTLY_SHIPPED, OrderState.SHIPPED]}


def allowed(from_state: str, to_state: str) -> bool:
    """Whether the table has the move of an order."""
    return to_state in MOVES.get(from_state, ())


def payable(order: Order, *, at: datetime, disputed: bool) -> bool:
    """Whether the member can pay an order now; ``disputed``: a payment of it waits for staff to look."""
    if order.state != OrderState.PENDING_PAYMENT or order.pay_before is None:
        return False
    return order.pay_before > at and not disputed
