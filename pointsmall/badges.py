"""The counts in the staff sidebar."""

from core import approvals
from orders.lifecycle.states import MAY_SHIP
from orders.models import Order
from orders.payments.queries import books
from points.earning.queries.earning import reviews_waiting


def orders_waiting(request):
    """Number of orders to ship; empty if none, because a badge with 0 is noise."""
    return Order.objects.filter(state__in=MAY_SHIP).count() or ""


def payments_waiting(request):
    """Number of payments that need attention; empty if none."""
    return books.to_look_at().count() or ""


def earnings_waiting(request):
    """Number of earnings to review; empty if none."""
    return reviews_waiting() or ""


def approvals_waiting(request):
    """Number of requests waiting for a second person, of the kinds that this user may decide on; empty if none."""
    may = [name for name, kind in approvals.kinds().items() if request.user.has_perm(kind.permission)]
    return approvals.waiting(may) or ""
