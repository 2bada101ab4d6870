"""The staff's answers to a request: come on, no, it is here (F10). What is paid back is ``settling``."""

from django.utils.translation import gettext_lazy as _

from core import audit
from core.db import locking_transaction
from core.errors import InvalidInput
from orders.after_sale.services import moving
from orders.lifecycle.services import notices
from orders.models import AfterSaleState

LONGEST_ANSWER = 200


def approve(*, case, by, at, answer=""):
    """The goods may come back; the member reads ``answer``. Raises ``CaseMoveNotAllowed`` or ``Busy``."""
    return _move(case, AfterSaleState.APPROVED, "approved", "aftersale.approved", answer, by=by, at=at)


def refuse(*, case, by, at, answer):
    """No, with the reason that the member reads. Raises ``InvalidInput``, ``CaseMoveNotAllowed`` or ``Busy``."""
    if not answer.strip():
        raise InvalidInput(field=_("Reason"))
    return _move(case, AfterSaleState.REFUSED, "refused", "aftersale.refused", answer, by=by, at=at)


def receive(*, case, by, at):
    """The goods are back in the house. Raises ``CaseMoveNotAllowed`` or ``Busy``."""
    return _move(case, AfterSaleState.RECEIVED, "goods_received", "aftersale.received", "", by=by, at=at)


def _move(case, to_state, told, event, answer, *, by, at):
    answer = answer.strip()[:LONGEST_ANSWER]
    with locking_transaction():
        order, case = moving.lock(case)
        if case.state == to_state:
            return case
        changes = {"answer": answer} if answer else {}
        moving.move(case, to_state, by=by, at=at, reason=answer, **changes)
        audit.record(event, by=by, subject=case.subject, at=at)
        values = {"why": answer} if told == "refused" else {}
        notices.tell(
            order,
            told,
            key=f"{case.subject}:{to_state}",
            at=at,
            url=case.get_absolute_url(),
            number=case.number,
            **values,
        )
    return case
