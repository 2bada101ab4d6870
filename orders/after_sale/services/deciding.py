"""The staff's answers to a request: come on, no, it is here (F10). What is paid back is ``settling``."""

from django.utils.translation import gettext_lazy as _

from core import audit
from core.db import locking_transaction
from core.errors import InvalidInput
from orders.after_sale.services import moving
from orders.lifecycle.services import notices
from orders.models import AfterSaleState

LONGEST_ANSWER = 200


def approve(*, request, by, at, answer=""):
    """The goods may come back; the member reads ``answer``. Raises ``RequestMoveNotAllowed`` or ``Busy``."""
    return _move(request, AfterSaleState.APPROVED, "approved", "aftersale.approved", answer, by=by, at=at)


def refuse(*, request, by, at, answer):
    """No, with the reason that the member reads. Raises ``InvalidInput``, ``RequestMoveNotAllowed`` or ``Busy``."""
    if not answer.strip():
        raise InvalidInput(field=_("Reason"))
    return _move(request, AfterSaleState.REFUSED, "refused", "aftersale.refused", answer, by=by, at=at)


def receive(*, request, by, at):
    """The goods are back in the house. Raises ``RequestMoveNotAllowed`` or ``Busy``."""
    return _move(request, AfterSaleState.RECEIVED, "goods_received", "aftersale.received", "", by=by, at=at)


def _move(request, to_state, told, event, answer, *, by, at):
    answer = answer.strip()[:LONGEST_ANSWER]
    with locking_transaction():
        order, request = moving.lock(request)
        if request.state == to_state:
            return request
        changes = {"answer": answer} if answer else {}
        moving.move(request, to_state, by=by, at=at, reason=answer, **changes)
        audit.record(event, by=by, subject=request.subject, at=at)
        values = {"why": answer} if told == "refused" else {}
        notices.tell(
            order,
            told,
            key=f"{request.subject}:{to_state}",
            at=at,
            url=request.get_absolute_url(),
            number=request.number,
            **values,
        )
    return request
