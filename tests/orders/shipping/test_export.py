"""Orders that wait, taken along as a file that comes back as the import (F7)."""

import io

from openpyxl import load_workbook

from core import actors
from core.models import AuditEvent
from orders.models import Carrier, Order, OrderState, Shipment
from orders.placing.services import cancelling
from orders.shipping.services import shipping, shipping_file, shipping_list
from tests.core.tables.conftest import saved
from tests.orders.pages.test_admin import staff
from tests.orders.shipping.conftest import STAFF, URL, states, upload


def export(client, orders, action="take_along"):
    pks = [order.pk for order in orders]
    return client.post("/admin/orders/order/", {"action": action, "_selected_action": pks})


def test_the_export_comes_back_as_the_import(client, shipper, orders, candle):
    response = export(client, orders)
    book = load_workbook(io.BytesIO(response.content))
    head, *rows = book.active.iter_rows()
    assert [cell.value for cell in head] == shipping_file.COLUMNS.headings(*shipping_list.COLUMNS)
    for order, row in zip(orders, rows, strict=True):
        number, name, phone, address, goods, _note, carrier, tracking = (cell.value for cell in row)
        assert (number, name, phone) == (order.number, order.ship_name, order.ship_phone.removeprefix("+86"))
        assert address == order.ship_address
        assert all(f"{item.title} × {item.quantity}" in goods for item in order.items.all())
        assert (carrier, tracking) == (None, None)
        assert {cell.number_format for cell in row} == {"@"}
    rows[1][6].value, rows[1][7].value = "顺丰速运", 73100012345678
    filled = saved(book)
    checked = shipping_file.check(filled)
    assert (checked.note, checked.waiting, checked.refused) == ("", 1, [])
    page = upload(client, filled)
    client.post(URL, {"content": page.context["content"], "act": "ship"})
    assert states(orders) == [OrderState.TO_SHIP, OrderState.SHIPPED]
    assert Shipment.objects.get().tracking_number == "73100012345678"


def test_the_export_as_csv(client, shipper, orders):
    content = export(client, orders, "take_along_csv").content
    assert shipping_file.check(content).waiting == 2
    filled = content.decode("utf-8-sig").replace(",,\r\n", ",shunfeng,SF000001\r\n", 3)
    assert len(shipping_file.check(filled.encode("gb18030")).good) == 2


def test_the_export_is_remembered_and_holds_what_waits(client, shipper, orders, place, cup, candle, at):
    gone = place((cup, "points", 1))
    cancelling.cancel_order(order=gone, by=STAFF, at=at)
    order = orders[1]
    mug = order.items.first()
    shipping.ship_order(
        order=order, carrier=Carrier.objects.first(), tracking_number="SF000001", by=STAFF, at=at, pieces={mug.pk: 1}
    )
    text = export(client, [*orders, gone], "take_along_csv").content.decode()
    assert gone.number not in text
    assert text.count(mug.title) == 1
    event = AuditEvent.objects.get(event="order.list_exported")
    assert event.by == actors.staff(shipper.pk)
    assert set(event.data["orders"]) == {order.number for order in orders}
    assert orders[0].ship_name not in str(event.data)


def test_who_may_export_and_how_much(client, shipper, orders, at, monkeypatch):
    monkeypatch.setattr(shipping_file, "MOST_LINES", 1)
    assert export(client, orders).status_code == 302
    assert export(client, orders[:1])["Content-Type"].endswith("sheet")
    client.force_login(staff("view_order", at=at, phone="+8613700000004"))
    assert not export(client, orders[:1]).get("Content-Disposition")
    assert AuditEvent.objects.filter(event="order.list_exported").count() == 1


def test_an_export_takes_as_many_queries_for_many_orders(orders, at, django_assert_num_queries):
    for chosen in (orders[:1], orders):
        pks = Order.objects.filter(pk__in=[order.pk for order in chosen])
        with django_assert_num_queries(5):
            shipping_list.export(orders=pks, by=STAFF, at=at)
