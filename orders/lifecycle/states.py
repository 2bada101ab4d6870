"""The states of an order, and the only moves there are (F3, F7)."""

from orders.models import State

MOVES = {
    "": {State.PENDING_PAYMENT, State.TO_SHIP},  # placed: with cash to pay, or with points alone
    State.PENDING_PAYMENT: {State.TO_SHIP, State.CANCELLED},
    State.TO_SHIP: {State.PARTLY_SHIPPED, State.SHIPPED, State.CANCELLED},
    State.PARTLY_SHIPPED: {State.SHIPPED},  # the last parcel left, or the rest was paid back
    State.SHIPPED: {State.COMPLETED},
    State.COMPLETED: set(),
    State.CANCELLED: set(),
}

MEMBER_MAY_CANCEL = {from_state for from_state, reached in MOVES.items() if State.CANCELLED in reached}
MAY_SHIP = [State.TO_SHIP, State.PARTLY_SHIPPED]
# Members see five states (F3): an order of which a part is on its way is found under "shipped".
SEEN_TOGETHER = {State.SHIPPED: [State.PARTLY_SHIPPED, State.SHIPPED]}


def allowed(from_state, to_state):
    """Whether the table has the move of an order."""
    return to_state in MOVES.get(from_state, ())


def payable(order, *, at, disputed):
    """Whether the member can pay an order now; ``disputed``: a payment of it waits for staff to look."""
    return order.state == State.PENDING_PAYMENT and order.pay_before > at and not disputed
