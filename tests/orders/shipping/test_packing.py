"""Packing lists: what is left to pack, printed by who may (F7)."""

from core import actors
from core.models import AuditEvent
from orders.lifecycle.states import MAY_SHIP
from orders.models import Carrier
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from tests.orders.pages.test_admin import staff
from tests.orders.shipping.conftest import STAFF


def test_packing_lists(client, shipper, orders, place, cup, at):
    gone = place((cup, "points", 1))
    cancelling.cancel_order(order=gone, by=STAFF, at=at)
    pks = [order.pk for order in [*orders, gone]]
    response = client.post("/admin/orders/order/", {"action": "pack", "_selected_action": pks})
    html = client.get(response.url).content.decode()
    assert html.count("<article") == 2
    assert gone.number not in html
    for text in (*(order.number for order in orders), "林晓雯", "望京街道", "保温杯", "香薰蜡烛", "CUP"):
        assert text in html
    event = AuditEvent.objects.get(event="order.packing_printed")
    assert event.by == actors.staff(shipper.pk)
    assert set(event.data["orders"]) == {order.number for order in orders}


def test_only_what_is_left_is_packed(client, shipper, place, cup, candle, at):
    order = place((cup, "points", 2), (candle, "points", 1))
    _mug, light = order.items.all()
    shipping.ship_order(
        order=order, carrier=Carrier.objects.first(), tracking_number="SF000001", by=STAFF, at=at, pieces={light.pk: 1}
    )
    response = client.get(f"/admin/orders/order/{order.pk}/packing/", follow=True)
    assert "保温杯" in response.content.decode()
    assert "香薰蜡烛" not in response.content.decode()


def test_who_may_print(client, orders, at):
    client.force_login(staff("view_order", at=at, phone="+8613700000003"))
    assert client.get("/admin/orders/order/packing/", {"orders": orders[0].pk}).status_code == 403


def test_nothing_to_pack(client, shipper, db):
    assert client.get("/admin/orders/order/packing/", {"orders": "1,x,99"}).url == "/admin/orders/order/"


def test_the_queue(client, shipper, orders, place, cup):
    unpaid = place((cup, "mixed", 1))
    queue = client.get("/admin/orders/order/", {"queue": "parcels"}).context["cl"].queryset
    assert set(queue) == set(orders)
    assert unpaid.state not in MAY_SHIP
