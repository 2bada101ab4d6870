"""The counts beside the lines of the staff sidebar."""

from orders.models import Order
from orders.states import State


def orders_waiting(request):
    """How many orders somebody has to ship; empty when there are none, for a badge with 0 is noise."""
    return Order.objects.filter(state=State.TO_SHIP).count() or ""
