"""What of an order is in which parcel, and what still waits for one (F7, F8)."""

from collections import Counter

from django.db.models import Value
from django.db.models.functions import Replace
from django.utils.translation import gettext as _

from orders.lifecycle.states import MAY_SHIP
from orders.models import AfterSaleItem, AfterSaleKind, OrderItem, OrderState, Shipment, ShipmentPart


def item_name(order, item_id):
    """What a line of the order is called; a line of another order is not named."""
    item = order.items.filter(pk=item_id).first()
    return item.title if item else _("An item")


def left_to_ship(order):
    """``{OrderItem: pieces}`` that are in no parcel yet and were not paid back; empty when all is out."""
    return left_in([order])[order.pk]


def left_in(orders):
    """``{order id: left_to_ship}`` of several orders, in as many queries as for one."""
    waiting = [order for order in orders if order.state in MAY_SHIP]
    given_up = AfterSaleItem.objects.filter(after_sale__kind=AfterSaleKind.UNSHIPPED)
    gone, left = Counter(), {order.pk: {} for order in orders}
    for parts in (
        ShipmentPart.objects.filter(shipment__order__in=waiting),
        given_up.filter(after_sale__order__in=waiting),
    ):
        for item, quantity in parts.values_list("item", "quantity"):
            gone[item] += quantity
    for item in OrderItem.objects.filter(order__in=waiting).select_related("sku").order_by("position", "pk"):
        if item.quantity > gone[item.pk]:
            left[item.order_id][item] = item.quantity - gone[item.pk]
    return left


def shipped_pieces(order):
    """``Counter({item_id: pieces})`` that left in a parcel of the order."""
    if order.state == OrderState.PARTLY_SHIPPED:
        shipped = Counter()
        for part in ShipmentPart.objects.filter(shipment__order=order):
            shipped[part.item_id] += part.quantity
        return shipped
    if order.state not in (OrderState.SHIPPED, OrderState.COMPLETED):
        return Counter()
    # Also parcels from before their contents were written down: all is out but what was paid back instead.
    shipped = Counter(dict(OrderItem.objects.filter(order=order).values_list("pk", "quantity")))
    for part in AfterSaleItem.objects.filter(after_sale__order=order, after_sale__kind=AfterSaleKind.UNSHIPPED):
        shipped[part.item_id] -= part.quantity
    return shipped


def bare(number):
    """A tracking number as they are compared: one and the same is written with hyphens and without."""
    return number.replace("-", "")


def with_numbers(numbers):
    """The ``Shipment``s that have one of these tracking numbers."""
    found = Shipment.objects.alias(bare_number=Replace("tracking_number", Value("-")))
    return found.filter(bare_number__in={bare(number) for number in numbers})


def parcels_of(order):
    """The parcels of an order, newest first, with carrier, contents and the steps of their way."""
    return list(
        order.shipments.select_related("carrier", "tracking", "replaces")
        .prefetch_related("parts__item", "events")
        .order_by("-shipped_at", "-pk")
    )
