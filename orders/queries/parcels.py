"""What of an order is in which parcel, and what still waits for one (F7, F8)."""

from collections import Counter

from orders.models import AfterSaleItem, AfterSaleKind, OrderItem, ShipmentPart, State
from orders.states import MAY_SHIP


def left_to_ship(order):
    """``{OrderItem: pieces}`` that are in no parcel yet and were not paid back; empty when all is out."""
    if order.state not in MAY_SHIP:
        return {}
    gone = Counter()
    for part in ShipmentPart.objects.filter(shipment__order=order):
        gone[part.item_id] += part.quantity
    for part in AfterSaleItem.objects.filter(after_sale__order=order, after_sale__kind=AfterSaleKind.UNSHIPPED):
        gone[part.item_id] += part.quantity
    items = order.items.select_related("sku")
    return {item: left for item in items if (left := item.quantity - gone[item.pk]) > 0}


def shipped_pieces(order):
    """``Counter({item_id: pieces})`` that left in a parcel of the order."""
    if order.state == State.PARTLY_SHIPPED:
        shipped = Counter()
        for part in ShipmentPart.objects.filter(shipment__order=order):
            shipped[part.item_id] += part.quantity
        return shipped
    if order.state not in (State.SHIPPED, State.COMPLETED):
        return Counter()
    # Also parcels from before their contents were written down: all is out but what was paid back instead.
    shipped = Counter(dict(OrderItem.objects.filter(order=order).values_list("pk", "quantity")))
    for part in AfterSaleItem.objects.filter(after_sale__order=order, after_sale__kind=AfterSaleKind.UNSHIPPED):
        shipped[part.item_id] -= part.quantity
    return shipped


def parcels_of(order):
    """The parcels of an order, newest first, with carrier, contents and the steps of their way."""
    return list(
        order.shipments.select_related("carrier", "tracking", "replaces")
        .prefetch_related("parts__item", "events")
        .order_by("-shipped_at", "-pk")
    )
