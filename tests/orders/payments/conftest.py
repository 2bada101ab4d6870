"""Stand-ins for the providers, reached over real HTTP, and callbacks that come back the same way."""

import html
import re

import httpx
import pytest
from django.urls import reverse

from orders.payments.services import paying
from tests.standins.alipay import Alipay
from tests.standins.unionpay import UnionPay
from tests.standins.wechat import WeChat

KINDS = {"wechat": WeChat, "alipay": Alipay, "unionpay": UnionPay}
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130 Safari/537.36"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36"
WECHAT = f"{PHONE} MicroMessenger/8.0.50"


@pytest.fixture
def switch_on(settings, live_server):
    """``switch_on(standin)``: the mall takes money by it, and hears of it at the test's own server."""

    def switch(standin):
        for name, value in standin.settings().items():
            setattr(settings, name, value)
        settings.PAYMENT_PROVIDERS = [standin.code]
        settings.SITE_URL = live_server.url
        return standin

    return switch


@pytest.fixture(params=list(KINDS))
def standin(request, switch_on):
    """Each of the providers in turn."""
    with KINDS[request.param]() as standin:
        yield switch_on(standin)


@pytest.fixture
def wechat(switch_on):
    with WeChat() as standin:
        yield switch_on(standin)


@pytest.fixture
def alipay(switch_on):
    with Alipay() as standin:
        yield switch_on(standin)


@pytest.fixture
def unionpay(switch_on):
    with UnionPay() as standin:
        yield switch_on(standin)


@pytest.fixture
def order(place, cup, standin):
    """400 points and 32 yuan, to be paid by the stand-in."""
    return place((cup, "mixed", 1), provider=standin.code)


@pytest.fixture
def go(signed_in):
    """``go(order)``: the member presses "pay" and the browser follows to the provider; returns the payment."""

    def follow(order, agent=DESKTOP):
        response = signed_in.post(
            reverse("orders:pay", args=[order.number]),
            {"provider": order.payments.last().provider},
            HTTP_USER_AGENT=agent,
        )
        browse(response)
        return order.payments.last()

    return follow


def browse(response):
    """What a browser does next, up to the provider's page; returns that page, None where we stay in the mall."""
    if response.status_code == 302:
        return httpx.get(response.url, timeout=20) if response.url.startswith("http") else None
    page = response.content.decode().partition("data-pay-form")
    action = html.unescape(re.search(r'action="([^"]+)"\s+accept-charset="utf-8"\s+$', page[0])[1])
    fields = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(
            r'<input type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', page[2].partition("</form>")[0]
        )
    }
    return httpx.post(action, data=fields, timeout=20)


@pytest.fixture
def paid(order, go, standin, at):
    """An order that was paid at the stand-in; returns ``(order, payment, trade)``."""
    payment = go(order)
    trade = standin.pay(payment.reference)
    order.refresh_from_db()
    payment.refresh_from_db()
    return order, payment, trade


def ask(payment, at):
    return paying.ask(payment_id=payment.pk, by="system:test", at=at)
