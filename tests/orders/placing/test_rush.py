"""The door of the checkout: it may only refuse, it keeps what was typed, and it costs nearly nothing (F13)."""

import logging
import re
import uuid
from contextlib import ExitStack
from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client

from catalog.models import SKU
from orders.models import Order
from orders.placing.services import placing, rush
from orders.placing.views import door

PATH = "/checkout/?sku={}&way=points&quantity=1"


@pytest.fixture
def send(client, member, address, cup):
    """Submit the checkout of one cup."""
    client.force_login(member)

    def send(**fields):
        page = client.get(PATH.format(cup.pk))
        fields = {
            "form_key": str(uuid.uuid4()),
            "quote": page.context["priced"].digest if page.status_code == 200 else "x",
            "shown": page.context.get("shown", "") if page.status_code == 200 else "",
            "address": address.pk,
            **fields,
        }
        return client.post(PATH.format(cup.pk), fields)

    return send


def test_what_the_shelf_refused_is_refused_without_asking_it(send, cup, client, django_assert_num_queries):
    rush.remember_sold_out(cup.pk)
    form = {"form_key": str(uuid.uuid4())}
    with django_assert_num_queries(0):
        answer = client.post(PATH.format(cup.pk), form)
    assert answer.status_code == 409
    assert not Order.objects.exists()


def test_whoever_finds_it_sold_out_keeps_the_form_and_may_look_again(send, cup, client, address):
    """What the page sends, sent again after the moment is over, shows the checkout as it was filled in."""
    rush.remember_sold_out(cup.pk)
    typed = {"note": '三楼 "左" <!-- fields --> /here/ 7777', "form_key": str(uuid.uuid4()), "address": str(address.pk)}
    page = send(**typed).content.decode()
    fields = re.findall(r'<(?:input type="hidden"|button class="button") name="([^"]*)" value="([^"]*)"', page)
    sent = {unescape(name): unescape(value) for name, value in fields}
    assert sent.items() >= {**typed, "update": "1"}.items()
    cache.clear()
    checkout = client.post(unescape(re.search('action="([^"]*)"', page)[1]), sent)
    assert checkout.status_code == 200
    assert (checkout.context["note"], str(checkout.context["form_key"])) == (typed["note"], typed["form_key"])
    assert not Order.objects.exists()


def test_the_shelfs_refusal_is_remembered(client, member, address, cup, monkeypatch):
    client.force_login(member)
    page = client.get(PATH.format(cup.pk))
    sent = {"form_key": str(uuid.uuid4()), "quote": page.context["priced"].digest, "address": address.pk}
    real = placing.place_order

    def others_were_faster(**options):
        SKU.objects.filter(pk=cup.pk).update(stock=0)
        return real(**options)

    monkeypatch.setattr(placing, "place_order", others_were_faster)
    client.post(PATH.format(cup.pk), sent)
    assert rush.refuses(sku_id=cup.pk, form_key="x")
    assert not Order.objects.exists()


def test_an_empty_shelf_is_remembered_before_anything_is_taken(send, cup):
    SKU.objects.filter(pk=cup.pk).update(stock=0)
    assert send().status_code == 409
    assert rush.refuses(sku_id=cup.pk, form_key="x")


def test_an_empty_shelf_is_only_looked_at(client, member, cup):
    SKU.objects.filter(pk=cup.pk).update(stock=0)
    client.force_login(member)
    client.get(PATH.format(cup.pk))
    assert not rush.refuses(sku_id=cup.pk, form_key="x")


def test_it_is_remembered_for_a_moment_only(send, cup):
    rush.remember_sold_out(cup.pk)
    assert 0 < cache.ttl(f"sold_out:{cup.pk}") <= rush.REMEMBERED_S
    cache.clear()
    assert send().status_code == 302
    assert Order.objects.count() == 1


def test_a_form_that_had_its_order_is_led_there_when_sent_again(send, cup):
    key = str(uuid.uuid4())
    first = send(form_key=key)
    rush.remember_sold_out(cup.pk)
    assert send(form_key=key).url == first.url
    assert send().status_code == 409
    assert Order.objects.count() == 1


def test_the_memory_never_grants(send, cup):
    SKU.objects.filter(pk=cup.pk).update(stock=0)
    cache.clear()
    send()
    assert not Order.objects.exists()


def test_without_the_cache_server_the_process_remembers(send, cup, cache_server):
    cache_server.is_there = False
    rush.remember_sold_out(1)
    assert rush.refuses(sku_id=1, form_key="x")
    assert not rush.refuses(sku_id=cup.pk, form_key="x")
    assert send().status_code == 302


@pytest.fixture
def own_door(monkeypatch):
    """A door that nobody else uses."""
    monkeypatch.setattr(door, "door", door.Door())
    return door.door


@pytest.fixture
def full(own_door):
    """Somebody is inside, and all other places are taken; closing it lets them go."""
    with ExitStack() as people:
        people.enter_context(own_door.place())
        own_door._free = 0
        yield people


def test_whoever_finds_the_door_full_keeps_the_form(send, client, cup, full, own_door, django_assert_num_queries):
    form = {"form_key": str(uuid.uuid4()), "note": '三楼 "左" <!-- fields --> /here/ 7777', "address": "7"}
    with django_assert_num_queries(0):
        answer = client.post(PATH.format(cup.pk), form)
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (429, "1")
    assert form["form_key"] in page
    assert "三楼 &quot;左&quot; &lt;!-- fields --&gt; /here/ 7777" in page
    assert f'action="/checkout/?sku={cup.pk}&amp;way=points&amp;quantity=1" data-again="1"' in page
    own_door._free = door.PLACES
    full.close()
    assert send().status_code == 302


def test_a_slow_order_before_us_is_waited_for_only_so_long(send, own_door):
    own_door.longest_wait_s = 0.05
    with own_door.place():
        assert send().status_code == 429
    assert send().status_code == 302
    assert own_door._free == door.PLACES


def test_pages_that_are_only_looked_at_pass(client, member, cup, full):
    client.force_login(member)
    assert client.get(PATH.format(cup.pk)).status_code == 200


def test_only_members_with_a_form_of_ours_take_a_place(member, cup, own_door, monkeypatch):
    def taken():
        raise AssertionError("a place was taken")

    monkeypatch.setattr(own_door, "place", taken)
    stranger, forged = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    forged.force_login(member)
    assert stranger.post(PATH.format(cup.pk), {"form_key": "x"}).status_code == 403
    assert forged.post(PATH.format(cup.pk), {"form_key": "x", "csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert Client().post(PATH.format(cup.pk), {"form_key": "x"}).url.startswith("/accounts/login/")


def test_the_more_are_refused_the_later_they_come_again(own_door, monkeypatch):
    monkeypatch.setattr(door.time, "monotonic", lambda: 5.5)
    waits = [own_door.retry_after_s() for _ in range(1000)]
    assert (waits[0], waits[door.REFUSALS_PER_S - 1], waits[door.REFUSALS_PER_S]) == (1, 1, 2)
    assert max(waits) == door.LONGEST_RETRY_S
    monkeypatch.setattr(door.time, "monotonic", lambda: 6.0)
    assert own_door.retry_after_s() == 1


def test_a_refusal_speaks_the_members_language_and_stands_alone(client, cup, full, settings):
    assert "请" in client.post(PATH.format(cup.pk), {}).content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    answer = client.post(PATH.format(cup.pk), {})
    assert "Many people are ordering right now" in answer.content.decode()
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_a_refusal_writes_no_line(client, cup, full, caplog):
    with caplog.at_level(logging.INFO):
        assert client.post(PATH.format(cup.pk), {}).status_code == 429
    assert caplog.records == []
