"""How often goods are redeemed is counted after the order, from the outbox: it must not hold up anybody's order."""

from core import outbox

TOPIC = "order.redeemed"


def publish(order, lines, *, at):
    """In the order's transaction: ``lines``, ``(sku_id, quantity)`` with negative quantities when they come back."""
    sign = "back" if any(quantity < 0 for _sku_id, quantity in lines) else "out"
    outbox.publish(TOPIC, key=f"{order.subject}:counted_{sign}", at=at, lines=[list(line) for line in lines])
