"""One tracking number for several orders: asked about where it may be a slip (F7)."""

import pytest

from orders.models import Carrier, OrderState
from orders.shipping.services import shipping_file
from tests.orders.shipping.conftest import STAFF, URL, good, lines, states, upload


@pytest.fixture
def strangers(place, make_member, cup, orders):
    """An order of somebody else, and one to the door of the first of ``orders``."""
    stranger = make_member()
    return [place((cup, "points", 1), member=stranger, address=stranger.addresses.get()), orders[0]]


def test_one_number_for_several_recipients_is_asked_about(orders, strangers, at):
    stranger, _first = strangers
    content = lines(*((order.number, "shunfeng", "SF000001") for order in (*orders, stranger)))
    with pytest.raises(shipping_file.LinesRefused) as refused:
        shipping_file.ship_file(content=content, by=STAFF, at=at)
    checked = refused.value.details["checked"]
    assert checked.asks
    assert [line.number for line in checked.refused] == [2, 3, 4]
    assert stranger.number in checked.refused[0].problem
    done = shipping_file.ship_file(content=content, by=STAFF, at=at, shared=True)
    assert len(done.to_ship) == 3
    assert shipping_file.check(content).refused == []  # what is done is not asked again


def test_a_number_from_before_is_asked_about(orders, strangers, at):
    stranger, _first = strangers
    shipping_file.ship_file(content=lines((stranger.number, "shunfeng", "SF000001")), by=STAFF, at=at)
    checked = shipping_file.check(lines((orders[0].number, "shunfeng", "SF000001")))
    assert (checked.asks, checked.good) == (True, [])


def test_one_number_for_one_recipient_is_a_parcel(orders):
    checked = shipping_file.check(lines(*((order.number, "shunfeng", "SF000001") for order in orders)))
    assert (len(checked.good), checked.refused) == (2, [])


def test_the_page_asks_and_takes_the_answer(client, shipper, orders, strangers):
    chosen = [strangers[0], orders[1]]
    page = upload(client, lines(*((order.number, "shunfeng", "SF000001") for order in chosen)))
    assert 'name="shared"' in page.content.decode()
    sent = {"content": page.context["content"], "act": "ship"}
    assert client.post(URL, sent).context["form"].non_field_errors()
    assert client.post(URL, sent | {"shared": "on"}).status_code == 302
    assert states(chosen) == [OrderState.SHIPPED, OrderState.SHIPPED]
    assert 'name="shared"' not in upload(client, good(orders)).content.decode()


def test_the_page_of_one_order_asks_and_takes_the_answer(client, shipper, orders, strangers, at):
    stranger, order = strangers
    shipping_file.ship_file(content=lines((stranger.number, "shunfeng", "SF000001")), by=STAFF, at=at)
    url = f"/admin/orders/order/{order.pk}/ship/"
    sent = {"carrier": Carrier.objects.get(code="shunfeng").pk, "tracking_number": "SF000001", "shared": ""}
    page = client.post(url, sent)
    assert stranger.number in page.content.decode()
    assert page.context["form"]["shared"].is_hidden is False
    assert client.get(url).context["form"]["shared"].is_hidden
    assert client.post(url, sent | {"shared": "on"}).status_code == 302
    assert states([order]) == [OrderState.SHIPPED]
