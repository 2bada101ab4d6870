"""What must follow a committed change of an order."""

from catalog.services.products import count_redeemed
from core import outbox
from orders import tasks
from orders.services import paying, popularity


@outbox.handles(paying.REFUND_TOPIC)
def refund(payment_id):
    """Have the money sent back. The sweep sends what this loses."""
    tasks.refund_payment.delay(payment_id)


@outbox.handles(popularity.TOPIC)
def count(lines):
    """Popularity follows redemptions (E4). The count and "handled" are one transaction."""
    count_redeemed(lines=[tuple(line) for line in lines])
