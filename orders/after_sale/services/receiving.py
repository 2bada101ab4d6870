"""The parcel arrived: its member says so, or the clock does (F3, F9)."""

from core import actors
from core.db import locking_transaction
from orders.after_sale import queries as after_sale
from orders.after_sale.services import rewards
from orders.lifecycle.services import moves
from orders.models import OrderState

BY_CLOCK = actors.system("auto_receipt")


def confirm_receipt(*, order, by, at):
    """Complete a shipped order; a completed one stays as it is. Its time for returns begins, and with the end of it
    the points that it earned can be used. Raises ``MoveNotAllowed`` or ``Busy``."""
    with locking_transaction():
        order = moves.lock(order.pk)
        if order.state != OrderState.COMPLETED:
            until = after_sale.window_end(at)
            moves.move(order, OrderState.COMPLETED, by=by, at=at, received_at=at, returnable_until=until)
            rewards.follow(order_id=order.pk, by=by, at=at)
    return order
