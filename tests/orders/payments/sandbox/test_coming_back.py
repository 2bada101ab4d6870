"""The page where the member waits after paying (F5)."""

import re

from django.urls import reverse

from orders.models import OrderState
from orders.payments import tasks
from orders.payments.sandbox_gateway import gateway
from tests.orders.payments.sandbox.conftest import call, token_data, told


def test_the_page_after_paying_waits_for_the_notification(signed_in, order, wire):
    path = reverse("orders:returned", args=[order.number])
    response = signed_in.get(path)
    assert response.status_code == 200
    wait, url = re.fullmatch(r"(\d+); url=(.*)", response["Refresh"]).groups()
    assert int(wait) >= 1
    assert url == f"{path}?looks=1"
    assert "Refresh" not in signed_in.get(f"{path}?looks=15")
    for odd in ("x", "-1", "9" * 30, "²"):
        assert signed_in.get(path, {"looks": odd}).status_code == 200


def test_the_waiting_page_asks_the_provider(signed_in, order, at, wire):
    gateway.decide(token_data(order.payments.get()), paid=True, at=at)
    path = reverse("orders:returned", args=[order.number])
    signed_in.get(f"{path}?looks=2")
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP
    assert signed_in.get(f"{path}?looks=3").url == f"/orders/{order.number}/"


def test_a_silent_provider_does_not_break_the_waiting_page(signed_in, order, dead_wire):
    assert signed_in.get(reverse("orders:returned", args=[order.number]) + "?looks=2").status_code == 200


def test_callback_before_the_browser_returns(signed_in, client, order, at, committing):
    with committing():
        call(client, told(order), at)
    assert signed_in.get(reverse("orders:returned", args=[order.number])).url == f"/orders/{order.number}/"


def test_the_provider_is_asked_once_however_often_the_page_is_loaded(signed_in, order, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks.ask_provider, "delay", asked.append)
    for _n in range(5):
        signed_in.get(reverse("orders:returned", args=[order.number]) + "?looks=2")
    assert asked == [order.payments.get().pk]
