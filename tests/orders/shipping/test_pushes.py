"""Where parcels are, as the service pushes it: signed, in any order (F8)."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from orders.models import Carrier, Shipment, TrackingEvent
from orders.shipping import tracking
from orders.shipping.services import shipping
from orders.shipping.tracking.base import BadPush, ParcelRefused
from tests.orders.shipping.conftest import (
    COLLECTED,
    COURIER,
    MOVED,
    NOT_FOLLOWED,
    NUMBER,
    PUSH,
    SIGNED,
    STAFF,
    look,
    notices,
    state_of,
)
from tests.standins.kuaidi100 import SALT, md5, result


def pushed(client, standin, salt=SALT, **changes):
    param = json.dumps({"status": "polling", "lastResult": standin.ways.get(("shunfeng", NUMBER))} | changes)
    return client.post(PUSH, {"param": param, "sign": md5(param + salt)})


def test_a_parcel_is_subscribed_once_and_pushed(pushing, parcel, at, client, settings):
    look(parcel, at + timedelta(hours=1))
    look(parcel, state_of(parcel).next_look_at)
    assert pushing.calls == ["/poll", "/poll/query.do", "/poll/query.do"]
    asked = pushing.subscriptions["shunfeng", NUMBER]
    assert asked["callbackurl"] == f"{settings.SITE_URL}{PUSH}"
    assert asked["phone"] == "0001"
    pushing.knows("shunfeng", NUMBER, "3", COLLECTED, SIGNED)
    for _n in range(3):
        response = pushed(client, pushing)
        assert response.json() == {"result": True, "returnCode": "200", "message": "ok"}
    assert parcel.events.count() == 2
    assert notices(parcel) == ["shipped", "delivered"]
    assert state_of(parcel).next_look_at is None


def test_over_real_http(pushing, live_server, place, cup, at):
    order = place((cup, "points", 1))
    carrier = Carrier.objects.get(code="shunfeng")
    parcel = shipping.ship_order(order=order, carrier=carrier, tracking_number=NUMBER, by=STAFF, at=at)
    pushing.knows("shunfeng", NUMBER, "5", COURIER)
    assert pushing.push(live_server.url + PUSH, "shunfeng", NUMBER).status_code == httpx.codes.OK
    assert pushing.push(live_server.url + PUSH, "shunfeng", NUMBER, salt="x").status_code == httpx.codes.BAD_REQUEST
    assert state_of(parcel).state == "out_for_delivery"


def test_pushes_out_of_order(pushing, parcel, client):
    pushing.knows("shunfeng", NUMBER, "3", COLLECTED, SIGNED)
    pushed(client, pushing)
    pushing.knows("shunfeng", NUMBER, "1", COLLECTED)
    pushed(client, pushing)
    assert state_of(parcel).state == "delivered"
    assert parcel.events.count() == 2


def test_forged_and_broken_pushes(pushing, parcel, client, settings):
    pushing.knows("shunfeng", NUMBER, "3", SIGNED)
    assert pushed(client, pushing, salt="guess").status_code == 400
    assert pushed(client, pushing, lastResult=None).status_code == 400
    assert client.post(PUSH, {"param": "[]", "sign": md5("[]" + SALT)}).status_code == 400
    assert client.post(PUSH, {}).status_code == 400
    assert client.post(PUSH, {"param": "é", "sign": "é"}).status_code == 400
    assert client.post(PUSH, {"param": "x" * 300_000}).status_code == 413
    assert client.get(PUSH).status_code == 405
    assert client.post("/parcels/other/push/").status_code == 404
    settings.KUAIDI100_SALT = ""
    with pytest.raises(BadPush):
        tracking.service().parse_push({"param": "{}", "sign": md5("{}")})
    assert not TrackingEvent.objects.exists()
    assert state_of(parcel).state == "unknown"


def test_a_push_that_corrects_the_carrier(pushing, parcel, at, client):
    look(parcel, at + timedelta(hours=1))
    none = result("shunfeng", NUMBER, "0")
    assert pushed(client, pushing, lastResult=none, status="abort", autoCheck="0", comNew="yuantong").status_code == 200
    assert Shipment.objects.get(pk=parcel.pk).carrier.code == "yuantong"
    assert state_of(parcel).subscribed_at is not None  # the service goes on by itself
    moved = result("yuantong", NUMBER, "5", COURIER)
    told = {"autoCheck": "1", "comOld": "shunfeng", "comNew": "yuantong"}
    assert pushed(client, pushing, lastResult=moved, **told).status_code == 200
    assert state_of(parcel).state == "out_for_delivery"


def test_a_carrier_that_the_shop_does_not_know_is_not_taken_over(pushing, parcel, client):
    moved = result("elsewhere", NUMBER, "5", COURIER)
    told = {"autoCheck": "1", "comOld": "shunfeng", "comNew": "elsewhere"}
    assert pushed(client, pushing, lastResult=moved, **told).status_code == 200
    assert Shipment.objects.get(pk=parcel.pk).carrier.code == "shunfeng"
    assert state_of(parcel).state == "out_for_delivery"


@pytest.mark.parametrize("code", ["700", "701"])
def test_a_parcel_that_cannot_be_subscribed_is_asked_about(pushing, parcel, at, monkeypatch, code):
    pushing.knows("shunfeng", NUMBER, "0", MOVED)
    answer = pushing.answer
    refusal = {"result": False, "returnCode": code, "message": "拒绝订阅"}
    monkeypatch.setattr(pushing, "answer", lambda path, form: refusal if path == "/poll" else answer(path, form))
    assert look(parcel, at + timedelta(hours=1)) is True
    assert (state_of(parcel).state, state_of(parcel).subscribed_at) == ("on_the_way", None)


def test_rows_of_a_push_that_say_it_badly(pushing, parcel, client):
    way = result("shunfeng", NUMBER, "0", ("2026-11-20 08:00", "已收取 \ud83d", "深圳 \ude00"), MOVED, MOVED)
    way["data"][0]["context"] = None
    assert pushed(client, pushing, lastResult=way).status_code == 200
    newest, oldest = parcel.events.all()
    assert newest.text == MOVED[1]
    assert (oldest.text, oldest.place) == ("已收取 \ufffd", "深圳 \ufffd")
    assert oldest.at == datetime(2026, 11, 20, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("changes", [{"data": "x"}, {"data": {"0": {}}}, {"nu": None}, {"nu": " "}, {"com": None}])
def test_a_push_that_cannot_be_read_is_refused(pushing, parcel, client, changes):
    """It is sent again then; an answer that all is well would lose it."""
    way = result("shunfeng", NUMBER, "0", MOVED) | changes
    assert pushed(client, pushing, lastResult=way).status_code == 400
    assert not TrackingEvent.objects.exists()


@pytest.mark.parametrize(
    "odd",
    [
        None, "x", [], {}, {"context": "x"}, {"context": "x", "time": None}, {"context": "x", "time": "yesterday"},
        {"context": "x", "time": 1763690400}, {"context": "x", "time": "0001-01-01 00:00:00"},
        {"context": None, "time": MOVED[0]},
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_read_is_left_out(pushing, parcel, client, odd):
    way = result("shunfeng", NUMBER, "5", COLLECTED, COURIER)
    way["data"].insert(1, odd)
    assert pushed(client, pushing, lastResult=way).status_code == 200
    assert state_of(parcel).state == "out_for_delivery"
    assert [step.text for step in parcel.events.all()] == [COURIER[1], COLLECTED[1]]


def test_a_step_with_one_time_that_can_be_read(pushing, parcel, client):
    way = result("shunfeng", NUMBER, "0", MOVED)
    way["data"][0]["ftime"] = "?"
    pushed(client, pushing, lastResult=way)
    assert parcel.events.get().text == MOVED[1]


def test_a_number_with_hyphens_is_the_same(pushing, parcel, at, client):
    Shipment.objects.filter(pk=parcel.pk).update(tracking_number="SF-138204-471")
    pushing.knows("shunfeng", NUMBER, "0", MOVED)
    assert pushed(client, pushing).status_code == 200
    assert state_of(parcel).state == "on_the_way"


def test_a_parcel_that_the_service_gives_up_is_not_on_its_way(pushing, parcel, at, client, signed_in):
    look(parcel, at + timedelta(hours=1))
    nothing = result("shunfeng", NUMBER, "0")
    assert pushed(client, pushing, lastResult=nothing, status="abort", message="3天查询无记录").status_code == 200
    kept = state_of(parcel)
    assert (kept.state, kept.subscribed_at) == ("not_followed", None)
    assert kept.next_look_at is not None
    html = signed_in.get(parcel.order.get_absolute_url()).content.decode()
    assert parcel.public_page.replace("&", "&amp;") in html
    assert NOT_FOLLOWED in html
    assert "包裹在路上" not in html
    pushing.knows("shunfeng", NUMBER, "0", MOVED)
    look(parcel, state_of(parcel).next_look_at)
    assert state_of(parcel).state == "on_the_way"


def test_a_parcel_that_the_service_does_not_take_is_not_followed(service, parcel, at, signed_in):
    service.broken = (200, json.dumps({"result": False, "returnCode": "400", "message": "找不到对应公司"}))
    with pytest.raises(ParcelRefused):
        look(parcel, at + timedelta(hours=1))
    assert state_of(parcel).state == "not_followed"
    assert NOT_FOLLOWED in signed_in.get(parcel.order.get_absolute_url()).content.decode()


def test_a_push_about_nobody(pushing, client, db):
    pushing.knows("shunfeng", NUMBER, "3", SIGNED)
    assert pushed(client, pushing).status_code == 200
