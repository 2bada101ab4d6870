"""What is left on the shelf, that nothing was written, and that everything came back."""

from catalog.models import SKU
from core import actors
from orders.models import Order, OrderItem, OrderMove, Payment
from orders.payments.base import PAID
from orders.payments.services import paying
from points.ledger import audit
from points.ledger.models import PointsHold
from points.ledger.queries import balance

BY = actors.system("test")


def stock_of(sku):
    return SKU.objects.get(pk=sku.pk).stock


def nothing_happened(member, sku, at, *, points=5000, stock=10):
    assert not Order.objects.exists()
    assert not OrderItem.objects.exists()
    assert not OrderMove.objects.exists()
    assert not Payment.objects.exists()
    assert not PointsHold.objects.exists()
    assert balance(member.pk, at=at).available == points
    assert stock_of(sku) == stock


def pay(order, at, outcome=PAID):
    payment = order.payments.last()
    return paying.settle(payment_id=payment.pk, outcome=outcome, provider_id="P1", by=BY, at=at)


def all_back(member, sku, at, *, points=5000, stock=10):
    now = balance(member.pk, at=at)
    assert (now.available, now.held, now.total) == (points, 0, points)
    assert SKU.objects.get(pk=sku.pk).stock == stock
    assert audit.run().breaks == []
