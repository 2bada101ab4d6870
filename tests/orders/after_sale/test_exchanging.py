"""Exchanges: another piece of the same, or the money where there is none (F10)."""

import pytest

from catalog.models import SKU
from catalog.services import stock
from catalog.services.products import unlist_product
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.after_sale.services import moving
from orders.shipping.services import shipping
from tests.orders.after_sale.conftest import STAFF, all_adds_up, available, settle


def test_an_exchange(shipped, cup, member, returned, carrier, at):
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    request = returned(order, kind="exchange", pieces={item.pk: 1}, reason="damaged")
    options = {"carrier": carrier, "stock_back": "damaged", "by": STAFF, "at": at}
    with pytest.raises(shipping.ParcelKnown):
        first = order.shipments.get()
        after_sale.exchange(case=request, tracking_number=first.tracking_number, **options)
    shipment = after_sale.exchange(case=request, tracking_number="SF000009", **options)
    request.refresh_from_db()
    assert (request.state, request.replacement, request.points) == ("exchanged", shipment, 0)
    assert SKU.objects.get(pk=cup.pk).stock == 7
    assert available(member, at) == 3000
    assert shipment.tracking.next_look_at
    with pytest.raises(moving.CaseMoveNotAllowed):
        after_sale.exchange(case=request, tracking_number="SF000010", **options)
    assert queries.askable_pieces(order) == {item: 2}  # the replacement may be faulty as well
    all_adds_up()


def test_where_there_is_no_replacement_an_exchange_ends_as_a_refund(shipped, cup, member, returned, carrier, at):
    request = returned(shipped((cup, "points", 1)), kind="exchange")
    unlist_product(product=cup.product, by=STAFF, at=at)
    with pytest.raises(stock.NotListed):
        after_sale.exchange(
            case=request, carrier=carrier, tracking_number="SF000009", stock_back="sellable", by=STAFF, at=at
        )
    request.refresh_from_db()
    assert request.state == "received"
    settle(request, at)
    assert available(member, at) == 5000
    all_adds_up()
