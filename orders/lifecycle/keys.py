"""Names under which the ledger and the stock know what an order does: the same act twice has the same key."""

from orders.models import AfterSale, Order, Payment, PaymentRefund


def hold(order: Order) -> str:
    return f"{order.subject}:hold"


def capture(order: Order) -> str:
    return f"{order.subject}:capture"


def give_back(order: Order) -> str:
    return f"{order.subject}:give_back"


def stock_taken(order: Order) -> str:
    return f"{order.subject}:taken"


def stock_returned(order: Order) -> str:
    return f"{order.subject}:returned"


def paid(order: Order) -> str:
    """The outbox message that the cash of an order has come."""
    return f"{order.subject}:paid"


def refund(payment: Payment) -> str:
    """All that is left of a payment goes back: the key of that refund."""
    return f"refund:{payment.reference}"


def refund_by_hand(form_key: object) -> str:
    """A refund that staff asked for on a form of that hidden key."""
    return f"hand:{form_key}"


def refund_due(refund: PaymentRefund) -> str:
    """The outbox message that a refund is to be sent."""
    return f"refund:{refund.reference}"


def refunded(order: Order) -> str:
    """The outbox message that cash of a cancelled order goes back."""
    return f"{order.subject}:refunded"


def after_sale(case: AfterSale, what: str) -> str:
    """What the settlement of a request does: ``points``, ``cash``, ``stock``, ``replaced``, ``refunded``; and that it
    has ``ended``."""
    return f"{case.subject}:{what}"
