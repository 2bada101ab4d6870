"""The states of an after-sale case, and the only moves there are (F10)."""

from orders.models import AfterSaleKind, AfterSaleState

_GOODS_COME_BACK: dict[str, set[AfterSaleState]] = {
    "": {AfterSaleState.REQUESTED},
    AfterSaleState.REQUESTED: {AfterSaleState.APPROVED, AfterSaleState.REFUSED, AfterSaleState.WITHDRAWN},
    AfterSaleState.APPROVED: {AfterSaleState.RECEIVED, AfterSaleState.REFUSED, AfterSaleState.WITHDRAWN},
    AfterSaleState.RECEIVED: {AfterSaleState.SETTLED, AfterSaleState.REFUSED},
}
AFTER_SALE_MOVES: dict[str, dict[str, set[AfterSaleState]]] = {
    AfterSaleKind.RETURN: _GOODS_COME_BACK,
    # If no replacement is available, an exchange ends as a refund.
    AfterSaleKind.EXCHANGE: _GOODS_COME_BACK
    | {AfterSaleState.RECEIVED: {AfterSaleState.EXCHANGED, AfterSaleState.SETTLED, AfterSaleState.REFUSED}},
    AfterSaleKind.REFUND: {
        "": {AfterSaleState.REQUESTED},
        AfterSaleState.REQUESTED: {AfterSaleState.SETTLED, AfterSaleState.REFUSED, AfterSaleState.WITHDRAWN},
    },
    AfterSaleKind.UNSHIPPED: {"": {AfterSaleState.SETTLED}},
}


def after_sale_allowed(kind: str, from_state: str, to_state: str) -> bool:
    """Whether the table has the move of a request of that kind."""
    return to_state in AFTER_SALE_MOVES[kind].get(from_state, ())
