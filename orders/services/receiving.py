"""The parcel arrived: its member says so, or the clock does (F3, F9)."""

from core import actors
from core.db import locking_transaction
from orders.models import State
from orders.services import moves

BY_CLOCK = actors.system("auto_receipt")


def confirm_receipt(*, order, by, at):
    """Complete a shipped order; a completed one stays as it is. Raises ``MoveNotAllowed`` or ``Busy``."""
    with locking_transaction():
        order = moves.lock(order.pk)
        if order.state != State.COMPLETED:
            moves.move(order, State.COMPLETED, by=by, at=at, received_at=at)
    return order
