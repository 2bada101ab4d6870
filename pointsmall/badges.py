"""The counts beside the lines of the staff sidebar."""

from core import approvals
from orders.lifecycle.states import MAY_SHIP
from orders.models import Order
from orders.payments.queries import books
from points.earning.queries.earning import reviews_waiting


def orders_waiting(request):
    """How many orders somebody has to ship; empty when there are none, for a badge with 0 is noise."""
    return Order.objects.filter(state__in=MAY_SHIP).count() or ""


def payments_waiting(request):
    """How many payments somebody has to look at; empty when there are none."""
    return books.to_look_at().count() or ""


def earnings_waiting(request):
    """How many earnings somebody has to look at; empty when there are none."""
    return reviews_waiting() or ""


def approvals_waiting(request):
    """How many requests wait for a second person, of the kinds that this one may decide on; empty when there are
    none."""
    may = [name for name, kind in approvals.kinds().items() if request.user.has_perm(kind.permission)]
    return approvals.waiting(may) or ""
