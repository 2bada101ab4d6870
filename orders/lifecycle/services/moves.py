"""The one way an order changes its state: lock, look again, compare with the table, move, write it down (F3)."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from orders.lifecycle import states
from orders.models import Order, OrderMove, OrderState


class MoveNotAllowed(DomainError):
    """The order stands where this is not possible (any more). ``state`` is where."""

    code = "move_not_allowed"
    message = _("This is not possible now: the order is “%(label)s”. Nothing was changed.")


def lock(pk):
    """The order as it is now, its row locked until the transaction ends. First lock of all (design: lock order)."""
    return Order.objects.select_for_update(of=("self",)).get(pk=pk)


def check(order, to_state):
    """Raise ``MoveNotAllowed`` unless the table has the move."""
    if not states.allowed(order.state, to_state):
        raise MoveNotAllowed(state=order.state, label=OrderState(order.state).label)


def move(order, to_state, *, by, at, reason="", **changes):
    """Move a locked order on, set the fields of ``changes`` with it, and write the move down."""
    check(order, to_state)
    from_state, order.state = order.state, OrderState(to_state)
    for name, value in changes.items():
        setattr(order, name, value)
    order.save(update_fields=["state", *changes])
    record(order, from_state, by=by, at=at, reason=reason)


def record(order, from_state, *, by, at, reason=""):
    """Write down that the order came to where it is from ``from_state`` ("" for a new one)."""
    OrderMove.objects.create(order=order, from_state=from_state, to_state=order.state, at=at, by=by, reason=reason)
