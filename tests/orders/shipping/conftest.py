"""Orders to ship, the file of their parcels, staff who upload it, and a parcel that is followed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Notice
from core import actors
from orders.models import Carrier, Tracking
from orders.shipping.services import shipping
from orders.shipping.services import tracking as following
from tests.orders.conftest import give
from tests.orders.pages.test_admin import staff
from tests.standins.kuaidi100 import CUSTOMER, KEY, SALT, Kuaidi100

STAFF = actors.staff(9001)
HEADER = "order,carrier,tracking_number\n"
URL = "/admin/orders/order/ship-file/"
NUMBER = "SF138204471"
NOT_FOLLOWED = "查不到这个包裹的物流进度"
PUSH = "/parcels/kuaidi100/push/"
COLLECTED = ("2026-11-20 08:00:00", "【深圳市】顺丰速运 已收取快件", "广东,深圳市")
MOVED = ("2026-11-21 02:10:00", "快件到达 【北京顺义集散中心】", "北京")
COURIER = ("2026-11-21 07:48:00", "快件交给张师傅，正在派送途中", "北京")
SIGNED = ("2026-11-21 12:05:00", "已签收，签收人：本人", "北京")


@pytest.fixture
def orders(place, cup, candle, member, at):
    give(member, 20_000, at=at)
    return [place((cup, "points", 1)), place((cup, "points", 1), (candle, "points", 1))]


def lines(*rows, header=HEADER):
    return (header + "\n".join(",".join(row) for row in rows)).encode()


def good(orders):
    return lines(*((order.number, "shunfeng", f"SF00000{n}") for n, order in enumerate(orders)))


def states(orders):
    for order in orders:
        order.refresh_from_db()
    return [order.state for order in orders]


@pytest.fixture
def shipper(client, db, at):
    user = staff("view_order", "ship_order", at=at)
    client.force_login(user)
    return user


def upload(client, content):
    return client.post(URL, {"file": SimpleUploadedFile("parcels.csv", content)})


@pytest.fixture
def service(settings):
    with Kuaidi100() as standin:
        settings.KUAIDI100_URL = standin.url
        settings.KUAIDI100_CUSTOMER, settings.KUAIDI100_KEY, settings.KUAIDI100_SALT = CUSTOMER, KEY, ""
        yield standin


@pytest.fixture
def pushing(service, settings):
    settings.KUAIDI100_SALT = SALT
    return service


@pytest.fixture
def parcel(place, cup, at):
    order = place((cup, "points", 1))
    carrier = Carrier.objects.get(code="shunfeng")
    return shipping.ship_order(order=order, carrier=carrier, tracking_number=NUMBER, by=STAFF, at=at)


def look(parcel, at):
    return following.look(shipment_id=parcel.pk, at=at)


def state_of(parcel):
    return Tracking.objects.get(pk=parcel.pk)


def notices(parcel):
    keys = Notice.objects.filter(key__startswith=f"parcel:{parcel.pk}:").order_by("pk").values_list("key", flat=True)
    return [key.rpartition(":")[2] for key in keys]
