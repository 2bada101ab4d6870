"""From the shelf to the door (F7)."""

import pytest

from core import actors
from core.models import AuditEvent
from orders.models import Carrier, Shipment, State
from orders.services import receiving, shipping
from orders.services.moves import MoveNotAllowed

STAFF = actors.staff(7)


@pytest.fixture
def carrier(db):
    shipping.ensure_carriers()
    return Carrier.objects.get(code="shunfeng")


def test_shipping_and_receiving(place, cup, carrier, member, at):
    order = place((cup, "points", 1))
    shipment = shipping.ship_order(order=order, carrier=carrier, tracking_number=" sf1 3820 4471 ", by=STAFF, at=at)
    order.refresh_from_db()
    assert (order.state, order.shipped_at) == (State.SHIPPED, at)
    assert (shipment.tracking_number, shipment.carrier.title) == ("SF138204471", "顺丰速运")
    event = AuditEvent.objects.get(event="order.shipped")
    assert (event.by, event.data) == (STAFF, {"carrier": "shunfeng", "tracking_number": "SF138204471"})
    order = receiving.confirm_receipt(order=order, by=actors.member(member.pk), at=at)
    assert (order.state, order.received_at) == (State.COMPLETED, at)
    assert receiving.confirm_receipt(order=order, by=actors.member(member.pk), at=at).moves.count() == 3


@pytest.mark.parametrize("number", ["", "SF12", "SFABCDEF", "顺丰1234567", "SF1382; DROP", "1" * 33, "<b>1234567</b>"])
def test_tracking_numbers_that_are_none(place, cup, carrier, at, number):
    order = place((cup, "points", 1))
    with pytest.raises(shipping.TrackingNumberNotValid):
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number, by=STAFF, at=at)
    assert not Shipment.objects.exists()


@pytest.mark.parametrize("number", ["123456", "SF1382", "YT-8899-1", "1" * 32])
def test_tracking_numbers(number):
    assert shipping.clean_tracking_number(number) == number


def test_a_carrier_out_of_use(place, cup, carrier, at):
    carrier.is_active = False
    with pytest.raises(shipping.CarrierNotInUse):
        shipping.ship_order(order=place((cup, "points", 1)), carrier=carrier, tracking_number="SF1382", by=STAFF, at=at)


def test_only_what_is_to_ship_is_shipped_and_once(place, cup, carrier, at):
    unpaid = place((cup, "mixed", 1))
    with pytest.raises(MoveNotAllowed):
        shipping.ship_order(order=unpaid, carrier=carrier, tracking_number="SF1382", by=STAFF, at=at)
    order = place((cup, "points", 1))
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF1382", by=STAFF, at=at)
    with pytest.raises(MoveNotAllowed):
        shipping.ship_order(order=order, carrier=carrier, tracking_number="SF1383", by=STAFF, at=at)
    assert Shipment.objects.count() == 1
    with pytest.raises(MoveNotAllowed):
        receiving.confirm_receipt(order=unpaid, by=STAFF, at=at)


def test_the_usual_carriers_are_there_and_staffs_changes_stay(db):
    assert list(Carrier.objects.values_list("name", flat=True)) == [
        "顺丰速运", "中通快递", "圆通速递", "申通快递", "韵达速递", "京东物流", "EMS",
    ]  # fmt: skip
    Carrier.objects.filter(code="ems").update(name="邮政EMS", is_active=False)
    shipping.ensure_carriers()
    assert Carrier.objects.get(code="ems").name == "邮政EMS"
