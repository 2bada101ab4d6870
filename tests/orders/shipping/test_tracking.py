"""Where parcels are: asked seldom, told once, shown to the member (F8). Against the stand-in over real HTTP."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from orders.models import Carrier, Tracking, TrackingEvent
from orders.shipping import tasks, tracking
from orders.shipping.services import shipping
from orders.shipping.services import tracking as following
from orders.shipping.tracking import kuaidi100
from orders.shipping.tracking.base import ParcelRefused, TrackingUnavailable
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
from tests.standins.kuaidi100 import KEY, result


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
