"""Where parcels are: asked seldom, pushed with a signature, told once (F8). Against the stand-in over real HTTP."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import httpx
import pytest

from accounts.models import Notice
from core import actors
from orders.models import Carrier, Shipment, Tracking, TrackingEvent
from orders.shipping import tasks, tracking
from orders.shipping.services import shipping
from orders.shipping.services import tracking as following
from orders.shipping.tracking import kuaidi100
from orders.shipping.tracking.base import BadPush, ParcelRefused, TrackingUnavailable
from tests.standins.kuaidi100 import CUSTOMER, KEY, SALT, Kuaidi100, md5, result

STAFF = actors.staff(9001)
NUMBER = "SF138204471"
NOT_FOLLOWED = "查不到这个包裹的物流进度"
PUSH = "/parcels/kuaidi100/push/"
COLLECTED = ("2026-11-20 08:00:00", "【深圳市】顺丰速运 已收取快件", "广东,深圳市")
MOVED = ("2026-11-21 02:10:00", "快件到达 【北京顺义集散中心】", "北京")
COURIER = ("2026-11-21 07:48:00", "快件交给张师傅，正在派送途中", "北京")
SIGNED = ("2026-11-21 12:05:00", "已签收，签收人：本人", "北京")


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


def test_a_parcel_from_the_first_step_to_the_door(service, parcel, at):
    first = at + following.FIRST_LOOK
    assert look(parcel, first - timedelta(seconds=1)) is False
    assert service.calls == []
    service.knows("shunfeng", NUMBER, "1", COLLECTED)
    assert look(parcel, first) is True
    service.knows("shunfeng", NUMBER, "0", COLLECTED, MOVED)
    assert look(parcel, state_of(parcel).next_look_at) is True
    assert state_of(parcel).state == "on_the_way"
    service.knows("shunfeng", NUMBER, "5", COLLECTED, MOVED, COURIER)
    look(parcel, state_of(parcel).next_look_at)
    service.knows("shunfeng", NUMBER, "3", COLLECTED, MOVED, COURIER, SIGNED)
    look(parcel, state_of(parcel).next_look_at)
    kept = state_of(parcel)
    assert (kept.state, kept.next_look_at) == ("delivered", None)
    assert kept.delivered_at == datetime(2026, 11, 21, 12, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert [step.text for step in parcel.events.all()] == [step[1] for step in (SIGNED, COURIER, MOVED, COLLECTED)]
    assert notices(parcel) == ["shipped", "out_for_delivery", "delivered"]
    assert look(parcel, at + timedelta(days=5)) is False
    assert service.calls == ["/poll/query.do"] * 4


def test_it_is_asked_the_more_seldom_the_longer_nothing_is_new(service, parcel, at):
    moments = []
    moment = at
    while moment < at + timedelta(days=3):
        before = len(service.calls)
        look(parcel, moment)
        if len(service.calls) > before:
            moments.append(moment)
        moment += timedelta(minutes=30)
    waits = [(late - early) / timedelta(hours=1) for early, late in pairwise(moments)]
    assert waits[:4] == [1, 2, 4, 8]
    assert set(waits[4:]) == {12}
    service.knows("shunfeng", NUMBER, "0", MOVED)
    look(parcel, state_of(parcel).next_look_at)
    assert state_of(parcel).quiet_looks == 0


def test_an_old_parcel_is_left_alone(service, parcel, at):
    assert look(parcel, at + following.FOLLOWED + timedelta(hours=1)) is False
    assert (state_of(parcel).state, state_of(parcel).next_look_at) == ("not_followed", None)
    assert service.calls == []


def test_a_parcel_that_goes_back_is_told_as_held_up_and_not_asked_again(service, parcel, at):
    service.knows("shunfeng", NUMBER, "6", MOVED)
    look(parcel, at + timedelta(hours=1))
    assert (state_of(parcel).state, state_of(parcel).next_look_at) == ("returned", None)


def test_two_workers_ask_once(service, parcel, at, monkeypatch):
    stale = tracking.service()
    assert stale is not None
    due = at + timedelta(hours=1)
    original = following._claim

    def both(found, moment):
        other = original(found, moment)
        assert other is True
        return original(found, moment)

    monkeypatch.setattr(following, "_claim", both)
    assert look(parcel, due) is False
    assert service.calls == []


@pytest.mark.parametrize("broken", [(500, "{}"), (200, "<html>"), (200, "[]"), (302, "")])
def test_a_service_that_answers_badly(service, parcel, at, broken):
    service.broken = broken
    with pytest.raises(TrackingUnavailable):
        look(parcel, at + timedelta(hours=1))
    assert state_of(parcel).next_look_at > at + timedelta(hours=1)
    assert not TrackingEvent.objects.exists()


def test_nobody_there(settings, service, parcel, at):
    settings.KUAIDI100_URL = "http://127.0.0.1:9"
    with pytest.raises(TrackingUnavailable):
        look(parcel, at + timedelta(hours=1))


def test_wrong_keys_are_the_services_matter_a_wrong_number_is_the_parcels(service, settings, parcel, at):
    settings.KUAIDI100_KEY = "other"
    with pytest.raises(TrackingUnavailable):
        look(parcel, at + timedelta(hours=1))
    settings.KUAIDI100_KEY = KEY
    service.broken = (200, json.dumps({"result": False, "returnCode": "400", "message": "找不到对应公司"}))
    with pytest.raises(ParcelRefused):
        look(parcel, state_of(parcel).next_look_at)


def test_data_that_cannot_be_right(service, parcel, at):
    service.ways["shunfeng", NUMBER] = result("shunfeng", NUMBER, "0") | {"data": "x"}
    with pytest.raises(TrackingUnavailable):
        look(parcel, at + timedelta(hours=1))
    service.knows("shunfeng", NUMBER, "0", ("2026-11-20 08:00:00", "长" * 900 + "\x00", "地" * 300))
    look(parcel, state_of(parcel).next_look_at)
    (step,) = parcel.events.all()
    assert (len(step.text), len(step.place)) == (300, 100)


def test_the_sweep(service, place, cup, candle, at, time_machine_at):
    carrier = Carrier.objects.get(code="shunfeng")
    for number in ("SF000001", "SF000002"):
        order = place((cup, "points", 1))
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number, by=STAFF, at=at)
    service.knows("shunfeng", "SF000002", "0", MOVED)
    time_machine_at(at + timedelta(hours=1))
    tasks.follow_parcels()
    assert sorted(Tracking.objects.values_list("state", flat=True)) == ["on_the_way", "unknown"]
    assert len(service.calls) == 2
    tasks.follow_parcels()
    assert len(service.calls) == 2


def test_the_sweep_leaves_a_silent_service_alone(service, place, cup, at, time_machine_at):
    carrier = Carrier.objects.get(code="shunfeng")
    for number in ("SF000001", "SF000002", "SF000003"):
        order = place((cup, "points", 1))
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number, by=STAFF, at=at)
    service.broken = (500, "")
    time_machine_at(at + timedelta(hours=1))
    tasks.follow_parcels()
    assert len(service.calls) == 1
    assert Tracking.objects.filter(quiet_looks=1).count() == 1


def test_without_a_service_nothing_is_asked(parcel, at, time_machine_at, signed_in, member):
    assert tracking.service() is None
    time_machine_at(at + timedelta(hours=1))
    tasks.follow_parcels()
    assert look(parcel, at + timedelta(hours=1)) is False
    html = signed_in.get(parcel.order.get_absolute_url()).content.decode()
    assert NUMBER in html
    assert NOT_FOLLOWED in html
    assert parcel.public_page.replace("&", "&amp;") in html
    assert signed_in.post(PUSH).status_code == 404


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("0", "on_the_way"), ("1", "collected"), ("103", "collected"), ("2", "problem"), ("201", "problem"),
        ("3", "delivered"), ("301", "delivered"), ("304", "delivered"), ("4", "returned"), ("14", "returned"),
        ("5", "out_for_delivery"), ("501", "out_for_delivery"), ("6", "returned"), ("7", "on_the_way"),
        ("8", "on_the_way"), ("10", "on_the_way"), ("13", "problem"), ("1001", "on_the_way"),
        ("", "unknown"), ("x", "unknown"),
    ],
)  # fmt: skip
def test_states(code, state):
    assert kuaidi100._state({"state": code, "ischeck": "0"}) == state


# Pushes


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


# The page


def test_the_timeline(service, parcel, at, signed_in, django_assert_max_num_queries):
    service.knows("shunfeng", NUMBER, "5", COLLECTED, MOVED, COURIER)
    look(parcel, at + timedelta(hours=1))
    html = signed_in.get(parcel.order.get_absolute_url()).content.decode()
    places = [html.index(text) for _at, text, _place in (COURIER, MOVED, COLLECTED)]
    assert places == sorted(places)
    with django_assert_max_num_queries(30):
        signed_in.get(parcel.order.get_absolute_url())


def test_what_a_carrier_writes_is_no_markup(service, parcel, at, signed_in):
    service.knows("shunfeng", NUMBER, "0", ("2026-11-20 08:00:00", "<script>alert(1)</script>", "<b>"))
    look(parcel, at + timedelta(hours=1))
    html = signed_in.get(parcel.order.get_absolute_url()).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
