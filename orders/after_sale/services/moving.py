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


class CaseMoveNotAllowed(DomainError):
    """The request stands where this is not possible (any more). ``state`` is where."""

    code = "request_move_not_allowed"
    message = _("This is not possible now: the request is “%(label)s”. Nothing was changed.")


def lock(case):
    """``(order, request)`` as they are now, locked in the order of locks."""
    order = moves.lock(case.order_id)
    case = AfterSale.objects.select_for_update(of=("self",)).get(pk=case.pk)
    case.order = order
    return order, case


def check(case, to_state):
    """Raise ``CaseMoveNotAllowed`` unless the table has the move."""
    if not after_sale_allowed(case.kind, case.state, to_state):
        raise CaseMoveNotAllowed(state=case.state, label=AfterSaleState(case.state).label)


def move(case, to_state, *, by, at, reason="", **changes):
    """Move a locked request on, set the fields of ``changes`` with it, and write the move down. When it has ended,
    what the order earned may be usable: its handler looks, for whoever ends a request may hold the points account.
    Raises ``OwnGain`` where staff would decide on a request of their own."""
    check(case, to_state)
    if by == actors.staff(case.order.member_id):
        raise OwnGain
    from_state, case.state = case.state, AfterSaleState(to_state)
    if not case.is_open:
        changes["ended_at"] = at
    for name, value in changes.items():
        setattr(case, name, value)
    case.save(update_fields=["state", *changes])
    record(case, from_state, by=by, at=at, reason=reason)
    if not case.is_open:
        outbox.publish(ENDED_TOPIC, key=keys.after_sale(case, "ended"), at=at, order_id=case.order_id)


def record(case, from_state, *, by, at, reason=""):
    AfterSaleMove.objects.create(
        after_sale=case, from_state=from_state, to_state=case.state, at=at, by=by, reason=reason
    )
