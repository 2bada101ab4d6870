"""What the pages of one order have in common."""

from django.http import Http404

from orders.lifecycle.queries import order_page


def own_order(request, number):
    """The member's order of that number; anybody else's is not there (404)."""
    order = order_page(request.user, number)
    if order is None:
        raise Http404
    return order
