"""The states of an order and the only moves there are (F3)."""

from orders.models import State

MOVES = {
    "": {State.PENDING_PAYMENT, State.TO_SHIP},  # placed: with cash to pay, or with points alone
    State.PENDING_PAYMENT: {State.TO_SHIP, State.CANCELLED},
    State.TO_SHIP: {State.SHIPPED, State.CANCELLED},
    State.SHIPPED: {State.COMPLETED},
    State.COMPLETED: set(),
    State.CANCELLED: set(),
}

MEMBER_MAY_CANCEL = {from_state for from_state, reached in MOVES.items() if State.CANCELLED in reached}


def allowed(from_state, to_state):
    """Whether the table has the move."""
    return to_state in MOVES.get(from_state, ())
