"""The one way a request changes its state: the order's row is locked, then its own; look again, move, write it down."""

from django.utils.translation import gettext_lazy as _

from core import actors, outbox
from core.approvals import OwnGain
from core.errors import DomainError
from orders.after_sale.states import after_sale_allowed
from orders.lifecycle import keys
from orders.lifecycle.services import moves
from orders.models import AfterSale, AfterSaleMove, AfterSaleState

ENDED_TOPIC = "aftersale.ended"


class RequestMoveNotAllowed(DomainError):
    """The request stands where this is not possible (any more). ``state`` is where."""

    code = "request_move_not_allowed"
    message = _("This is not possible now: the request is “%(label)s”. Nothing was changed.")


def lock(request):
    """``(order, request)`` as they are now, locked in the order of locks."""
    order = moves.lock(request.order_id)
    request = AfterSale.objects.select_for_update(of=("self",)).get(pk=request.pk)
    request.order = order
    return order, request


def check(request, to_state):
    """Raise ``RequestMoveNotAllowed`` unless the table has the move."""
    if not after_sale_allowed(request.kind, request.state, to_state):
        raise RequestMoveNotAllowed(state=request.state, label=AfterSaleState(request.state).label)


def move(request, to_state, *, by, at, reason="", **changes):
    """Move a locked request on, set the fields of ``changes`` with it, and write the move down. When it has ended,
    what the order earned may be usable: its handler looks, for whoever ends a request may hold the points account.
    Raises ``OwnGain`` where staff would decide on a request of their own."""
    check(request, to_state)
    if by == actors.staff(request.order.member_id):
        raise OwnGain
    from_state, request.state = request.state, AfterSaleState(to_state)
    if not request.is_open:
        changes["ended_at"] = at
    for name, value in changes.items():
        setattr(request, name, value)
    request.save(update_fields=["state", *changes])
    record(request, from_state, by=by, at=at, reason=reason)
    if not request.is_open:
        outbox.publish(ENDED_TOPIC, key=keys.after_sale(request, "ended"), at=at, order_id=request.order_id)


def record(request, from_state, *, by, at, reason=""):
    AfterSaleMove.objects.create(
        after_sale=request, from_state=from_state, to_state=request.state, at=at, by=by, reason=reason
    )
