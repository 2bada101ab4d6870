"""From the shelf to the door (F7)."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Notice
from core import actors
from core.models import AuditEvent
from orders.after_sale.services import receiving
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.models import Carrier, OrderState, Shipment
from orders.placing.services import cancelling
from orders.shipping import queries as parcels
from orders.shipping.services import shipping

STAFF = actors.staff(9001)


@pytest.fixture
def carrier(db):
    shipping.ensure_carriers()
    return Carrier.objects.get(code="shunfeng")


def test_shipping_and_receiving(place, cup, carrier, member, at):
    order = place((cup, "points", 1))
    shipment = shipping.ship_order(order=order, carrier=carrier, tracking_number=" sf1 3820 4471 ", by=STAFF, at=at)
    order.refresh_from_db()
    assert (order.state, order.shipped_at) == (OrderState.SHIPPED, at)
    assert (shipment.tracking_number, shipment.carrier.title) == ("SF138204471", "顺丰速运")
    event = AuditEvent.objects.get(event="order.shipped")
    told = {"carrier": "shunfeng", "tracking_number": "SF138204471", "pieces": 1, "is_last": True}
    assert (event.by, event.data) == (STAFF, told)
    order = receiving.confirm_receipt(order=order, by=actors.member(member.pk), at=at)
    assert (order.state, order.received_at) == (OrderState.COMPLETED, at)
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


def ship(order, carrier, number, at, pieces=None):
    return shipping.ship_order(order=order, carrier=carrier, tracking_number=number, by=STAFF, at=at, pieces=pieces)


def test_a_parcel_with_a_part_of_the_order(place, cup, candle, carrier, member, at):
    order = place((cup, "points", 2), (candle, "points", 1))
    mug, light = order.items.all()
    first = ship(order, carrier, "SF000001", at, {mug.pk: 1, light.pk: 0})
    order.refresh_from_db()
    assert (order.state, order.shipped_at) == (OrderState.PARTLY_SHIPPED, None)
    assert parcels.left_to_ship(order) == {mug: 1, light: 1}
    ship(order, carrier, "SF000002", at, {light.pk: 1})
    order.refresh_from_db()
    assert order.state == OrderState.PARTLY_SHIPPED
    with pytest.raises(MoveNotAllowed):
        cancelling.cancel_order(order=order, by=STAFF, at=at)
    with pytest.raises(MoveNotAllowed):
        receiving.confirm_receipt(order=order, by=STAFF, at=at)
    last = ship(order, carrier, "SF000003", at)
    order.refresh_from_db()
    assert (order.state, order.shipped_at) == (OrderState.SHIPPED, at)
    assert [(part.item, part.quantity) for part in first.parts.all()] == [(mug, 1)]
    assert [(part.item, part.quantity) for part in last.parts.all()] == [(mug, 1)]
    assert list(order.moves.values_list("to_state", flat=True)) == ["to_ship", "partly_shipped", "shipped"]
    assert Notice.objects.filter(member=member, topic="orders").count() == 3


def test_what_no_parcel_can_hold(place, cup, carrier, at):
    order = place((cup, "points", 2))
    other = place((cup, "points", 1))
    (mug,) = order.items.all()
    for pieces, error in [
        ({mug.pk: 3}, shipping.NotThatManyLeft),
        ({mug.pk: -1}, shipping.NotThatManyLeft),
        ({other.items.get().pk: 1}, shipping.NotThatManyLeft),
        ({mug.pk: 0}, shipping.ParcelEmpty),
        ({}, shipping.ParcelEmpty),
    ]:
        with pytest.raises(error):
            ship(order, carrier, "SF000001", at, pieces)
    assert not Shipment.objects.exists()
    ship(order, carrier, "SF000001", at, {mug.pk: 1})
    for same in ("sf 000001", "SF-000001"):
        with pytest.raises(shipping.ParcelKnown):
            ship(order, carrier, same, at)
    assert Shipment.objects.count() == 1


def test_an_item_of_which_nothing_waits_is_called_by_its_name(place, cup, candle, carrier, at):
    order, other = place((cup, "points", 1), (candle, "points", 1)), place((cup, "points", 1))
    mug = order.items.get(sku=cup)
    ship(order, carrier, "SF000001", at, {mug.pk: 1})
    for item, name in [(mug, mug.title), (other.items.get(), "商品")]:
        with pytest.raises(shipping.NotThatManyLeft) as refused:
            ship(order, carrier, "SF000002", at, {item.pk: 1})
        assert refused.value.details == {"name": name, "left": 0}


def test_a_number_of_somebody_elses_parcel_is_asked_about(place, make_member, cup, carrier, at):
    stranger = make_member()
    first, second = place((cup, "points", 1)), place((cup, "points", 1))
    other = place((cup, "points", 1), member=stranger, address=stranger.addresses.get())
    ship(first, carrier, "SF000001", at)
    ship(second, Carrier.objects.get(code="ems"), "SF000001", at)  # to the same door
    with pytest.raises(shipping.TrackingNumberTaken) as refused:
        ship(other, carrier, "sf 000001", at)
    assert refused.value.details["order"] in {first.number, second.number}
    assert Shipment.objects.count() == 2
    shipping.ship_order(order=other, carrier=carrier, tracking_number="SF000001", by=STAFF, at=at, shared=True)
    other.refresh_from_db()
    assert other.state == OrderState.SHIPPED


def test_the_public_page_of_a_parcel(carrier):
    assert carrier.page_of("SF 1") == "https://www.kuaidi100.com/chaxun?com=shunfeng&nu=SF%201"
    carrier.tracking_page = "https://sf.example.com/{number}"
    carrier.clean_fields()
    assert carrier.page_of("SF1") == "https://sf.example.com/SF1"
    for wrong in ("https://sf.example.com/", "javascript:alert({number})"):
        carrier.tracking_page = wrong
        with pytest.raises(ValidationError):
            carrier.clean_fields()
