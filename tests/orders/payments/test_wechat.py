"""What WeChat Pay alone has: a kind for each device, the member's number there, platform certificates (F4)."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.cache import cache
from django.urls import reverse

from core import clock
from orders import payments
from orders.models import NotificationState, OrderState, PaymentNotification, PaymentState
from orders.payments.base import ProviderUnavailable
from orders.payments.devices import Device, device_of
from orders.payments.wechat import api
from tests.orders.payments.conftest import DESKTOP, PHONE, WECHAT, ask
from tests.standins.alipay import Alipay
from tests.standins.wechat import V3_KEY, WeChat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(place, cup, wechat):
    return place((cup, "mixed", 1), provider="wechat")


def press_pay(client, order, agent, **more):
    return client.post(
        reverse("orders:pay", args=[order.number]), {"provider": "wechat"}, HTTP_USER_AGENT=agent, **more
    )


@pytest.mark.parametrize(
    ("agent", "device"),
    [(DESKTOP, "desktop"), (PHONE, "phone"), (WECHAT, "wechat"), ("", "desktop"), ("iPhone", "phone")],
)
def test_devices(agent, device):
    assert device_of(agent) == device


def test_a_desktop_shows_a_code_until_it_is_paid(signed_in, order, wechat):
    response = press_pay(signed_in, order, DESKTOP)
    assert response.url == reverse("orders:pay_code", args=[order.number])
    page = signed_in.get(response.url).content.decode()
    assert '<svg viewBox="0 0' in page
    payment = order.payments.get()
    assert payment.kind == "native"
    watch = reverse("orders:pay_watch", args=[order.number])
    assert signed_in.get(watch).status_code == 204
    wechat.pay(payment.reference)
    assert signed_in.get(watch)["HX-Redirect"] == reverse("orders:returned", args=[order.number])
    assert signed_in.get(response.url).url == order.get_absolute_url()


def test_the_code_is_watched_where_no_notification_comes(signed_in, order, wechat):
    wechat.notifies = False
    press_pay(signed_in, order, DESKTOP)
    watch = reverse("orders:pay_watch", args=[order.number])
    wechat.pay(order.payments.get().reference)
    assert "HX-Redirect" in signed_in.get(watch)
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_a_code_that_was_forgotten_leads_to_the_choice(signed_in, order):
    press_pay(signed_in, order, DESKTOP)
    cache.clear()
    response = signed_in.get(reverse("orders:pay_code", args=[order.number]))
    assert response.url == reverse("orders:pay_ways", args=[order.number])


def test_a_phone_goes_to_wechats_page_and_comes_back(signed_in, order, wechat):
    wechat.ask_referrer = True
    response = press_pay(signed_in, order, PHONE)
    assert response["Referrer-Policy"] == "origin"
    assert urlsplit(response.url).path.startswith("/h5/")
    (back,) = parse_qs(urlsplit(response.url).query)["redirect_url"]
    assert back.endswith(reverse("orders:returned", args=[order.number]))
    assert httpx.get(response.url).status_code == 403  # WeChat wants to see whose page it was
    assert httpx.get(response.url, headers={"Referer": "https://mall.example.com/"}).status_code == 200


def test_another_device_is_another_payment(signed_in, order, wechat):
    press_pay(signed_in, order, DESKTOP)
    first = order.payments.get()
    press_pay(signed_in, order, PHONE)
    second = order.payments.last()
    assert (second.kind, second.state) == ("h5", PaymentState.OPEN)
    first.refresh_from_db()
    assert first.state == PaymentState.CLOSED
    assert ask(first, clock.now() + timedelta(minutes=3)) == "waiting"
    assert wechat.trades[first.reference].state == "closed"  # its code cannot be paid any more
    wechat.pay(second.reference)
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_inside_wechat_the_members_number_is_asked_first(signed_in, order, wechat):
    response = press_pay(signed_in, order, WECHAT)
    assert urlsplit(response.url).path == "/connect/oauth2/authorize"
    back = urlsplit(httpx.get(response.url).headers["Location"])
    wrong = back.query.replace("state=", "state=x")
    assert signed_in.get(f"{back.path}?{wrong}").url == order.get_absolute_url()
    response = press_pay(signed_in, order, WECHAT)
    back = urlsplit(httpx.get(response.url).headers["Location"])
    response = signed_in.get(f"{back.path}?{back.query}")
    assert response.url == reverse("orders:pay", args=[order.number])
    page = signed_in.get(response.url, HTTP_USER_AGENT=WECHAT)
    parameters = json.loads(page.context["parameters"])
    assert wechat.bridge(parameters | {"package": "prepay_id=wxother"})["err_msg"].endswith("fail")
    assert wechat.bridge(parameters)["err_msg"].endswith("ok")
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP


def test_a_code_of_somebody_else_gives_no_number(signed_in, order):
    press_pay(signed_in, order, WECHAT)
    state = signed_in.session["payer_state"]
    path = reverse("orders:pay_known", args=[order.number, "wechat"])
    assert signed_in.get(path, {"code": "made-up", "state": state}).url == order.get_absolute_url()
    assert "payer:wechat" not in signed_in.session


def test_old_signatures_are_not_believed(order, wechat, signed_in):
    press_pay(signed_in, order, DESKTOP)
    trade = wechat.trades[order.payments.get().reference]
    trade.mark_paid()
    for minutes in (-6, 6):
        assert wechat.tell(trade, at=clock.now() + timedelta(minutes=minutes)) == 400
    url, _headers, body = wechat.sent[-1]
    for headers in ({}, {"Wechatpay-Timestamp": "9" * 30}, {"Wechatpay-Timestamp": "x", "Wechatpay-Serial": "ä"}):
        encoded = {name: value.encode() for name, value in headers.items()}
        assert wechat.deliver(url, encoded, body) == 400
    assert set(PaymentNotification.objects.values_list("state", flat=True)) == {NotificationState.REFUSED}


def test_an_answer_that_nobody_signed_is_not_believed(order, wechat, signed_in, monkeypatch):
    press_pay(signed_in, order, DESKTOP)
    monkeypatch.setattr(wechat, "signed", lambda body, **_more: WeChat.signed(wechat, body, key="somebody"))
    wechat.trades[order.payments.get().reference].mark_paid()
    with pytest.raises(ProviderUnavailable):
        ask(order.payments.get(), clock.now())


@pytest.fixture
def certified(switch_on):
    with WeChat(with_certificates=True) as standin:
        yield switch_on(standin)


def test_platform_certificates_are_fetched_once_and_no_forger_makes_us_fetch_more(place, cup, certified, signed_in):
    order = place((cup, "mixed", 1), provider="wechat")
    press_pay(signed_in, order, DESKTOP)
    trade = certified.trades[order.payments.get().reference]
    trade.mark_paid()
    for serial in ("5157F09EFDC096DE", "not-a-number", "0"):
        assert certified.tell(trade, serial=serial) == 400
    assert certified.tell(trade, key="somebody") == 400
    assert certified.tell(trade) == 200
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP
    assert certified.certificate_downloads == 1


def test_bills_are_taken_from_the_api_alone(wechat, settings):
    with pytest.raises(ProviderUnavailable):
        api.download("https://elsewhere.example.com/bill")
    assert len(V3_KEY) == 32


def test_alipay_is_not_offered_inside_wechat(signed_in, order, settings, wechat):
    with Alipay() as standin:
        settings.ALIPAY = standin.settings()["ALIPAY"]
        settings.PAYMENT_PROVIDERS = ["wechat", "alipay"]
        assert [each.code for each in payments.offered(Device.WECHAT)] == ["wechat"]
        ways = reverse("orders:pay_ways", args=[order.number])
        assert "alipay" not in signed_in.get(ways, HTTP_USER_AGENT=WECHAT).content.decode()
        assert "alipay" in signed_in.get(ways, HTTP_USER_AGENT=PHONE).content.decode()
        path = reverse("orders:pay", args=[order.number])
        assert signed_in.post(path, {"provider": "alipay"}, HTTP_USER_AGENT=WECHAT).url == ways


def test_the_choice_closes_with_the_order(signed_in, order, time_machine_at, at, make_member, client):
    ways = reverse("orders:pay_ways", args=[order.number])
    assert signed_in.get(ways).status_code == 200
    time_machine_at(at + timedelta(minutes=31))
    for name in ("pay_ways", "pay_code"):
        assert signed_in.get(reverse(f"orders:{name}", args=[order.number])).url == order.get_absolute_url()
    client.force_login(make_member())
    for name in ("pay_ways", "pay_code", "pay_watch"):
        assert client.get(reverse(f"orders:{name}", args=[order.number])).status_code == 404
