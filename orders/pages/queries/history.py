"""A member's orders."""

from django.db.models import Count

from orders.lifecycle.states import SEEN_TOGETHER
from orders.models import Order, OrderState

PAGE = 10
STATE_FILTERS = [state for state in OrderState if state != OrderState.PARTLY_SHIPPED]  # seen as shipped


def orders_of(member, *, state=None):
    """The member's orders with their items, newest first, as a queryset for pages of ``PAGE``."""
    orders = Order.objects.filter(member=member)
    if state in OrderState.values:
        orders = orders.filter(state__in=SEEN_TOGETHER.get(state, [state]))
    return orders.prefetch_related("items")


def count_by_state(member):
    """``{state: how many}`` of the member's orders, in the five states that members see."""
    rows = Order.objects.filter(member=member).order_by().values_list("state").annotate(Count("pk"))
    counts = dict(rows)
    for shown, states in SEEN_TOGETHER.items():
        if together := sum(counts.pop(state, 0) for state in states):
            counts[shown] = together
    return counts
