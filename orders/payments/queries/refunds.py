"""Money on its way back."""

from orders.lifecycle import keys
from orders.models import PaymentRefund


def refunds_of(case):
    """The refunds of an after-sale request: one where cash goes back, else none."""
    return tuple(PaymentRefund.objects.filter(key=keys.after_sale(case, "cash")).order_by("pk"))
