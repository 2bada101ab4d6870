"""A member's orders."""

from django.db.models import Count, Prefetch

from orders.models import Order, OrderItem, State

PAGE = 10
STATE_FILTERS = [State.PENDING_PAYMENT, State.TO_SHIP, State.SHIPPED, State.COMPLETED, State.CANCELLED]


def orders_of(member, *, state=None):
    """The member's orders with their items, newest first, as a queryset for pages of ``PAGE``."""
    orders = Order.objects.filter(member=member)
    if state in State.values:
        orders = orders.filter(state=state)
    return orders.prefetch_related(Prefetch("items", OrderItem.objects.order_by("position", "pk")))


def count_by_state(member):
    """``{state: how many}`` of the member's orders."""
    rows = Order.objects.filter(member=member).order_by().values_list("state").annotate(Count("pk"))
    return dict(rows)


def order_page(member, number):
    """The member's order with everything its page shows, or None when it is not theirs."""
    return (
        Order.objects.filter(member=member, number=number)
        .prefetch_related("items", "shipments__carrier", "payments")
        .first()
    )
