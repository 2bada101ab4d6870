"""What an after-sale case pays back: above what one person may let go in a day it waits for a second one (B11).

Money and points that come back count together, in fen.
"""

from core import approvals
from core.approvals import Outdated
from core.db import locking_transaction, rehearsal
from orders.after_sale import services as after_sale
from orders.after_sale.services import moving
from orders.models import AfterSale, AfterSaleState
from points.ledger.rules import value

PAID_BACK = "orders.paid_back"


def pay_back(*, case, by, at, **terms):
    """``after_sale.settle`` on these terms, in the same way. Goods of a return that were still expected are taken in
    with it, whether or not somebody else has to approve the rest."""
    with locking_transaction():
        order, case = moving.lock(case)
        if case.state == AfterSaleState.SETTLED:
            return None
        if case.takes_in:
            case = after_sale.receive(case=case, by=by, at=at)
        amounts = terms["amounts"].values()
        fen = sum(fen for _points, fen in amounts) + terms.get("shipping_fen", 0)
        fen += value.worth_fen(sum(points for points, _fen in amounts))
        approval = approvals.ask(
            kind=PAID_BACK,
            subject=case.subject,
            shares={order.member_id: fen},
            data=terms | {"request": case.pk, "amounts": list(map(list, terms["amounts"].items()))},
            reason=terms.get("answer", ""),
            by=by,
            at=at,
        )
        if not approval.waits:
            after_sale.settle(case=case, by=by, at=at, **terms)
            return None
        with rehearsal():
            after_sale.settle(case=case, by=by, at=at, **terms)
    return approval


def run_paid_back(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved of a request."""
    terms = dict(approval.data)
    case = AfterSale.objects.get(pk=terms.pop("request"))
    if case.state == AfterSaleState.SETTLED:
        raise Outdated
    terms["amounts"] = {item: tuple(amount) for item, amount in terms["amounts"]}
    after_sale.settle(case=case, by=approval.by, at=at, **terms)
