"""Names under which the ledger and the stock know what an order does: the same act twice has the same key."""


def hold(order):
    return f"{order.subject}:hold"


def capture(order):
    return f"{order.subject}:capture"


def give_back(order):
    return f"{order.subject}:give_back"


def stock_taken(order):
    return f"{order.subject}:taken"


def stock_returned(order):
    return f"{order.subject}:returned"


def refund(payment):
    """The outbox message, and our name for the refund at the provider."""
    return f"refund:{payment.reference}"
