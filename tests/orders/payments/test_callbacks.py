"""Callbacks in every form that the documents allow, and how one is refused (F5)."""

import httpx
import pytest

from core import clock
from orders.models import OrderState, PaymentNotification, PaymentState
from tests.orders.payments.conftest import ask
from tests.orders.payments.test_providers import FORGED
from tests.standins.wechat import WeChat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def trade(order, go, standin):
    """A trade that was paid, and of which nobody was told."""
    found = standin.trades[go(order).reference]
    found.mark_paid()
    return found


def settled(order):
    order.refresh_from_db()
    return order.state == OrderState.TO_SHIP


REFUSAL = {
    "wechat": ("application/json", '{"code": "FAIL", "message": "%s"}'),
    "alipay": ("text/plain", "%s"),
    "unionpay": ("text/plain", "%s"),
}
ACKNOWLEDGEMENT = {"wechat": '{"code": "SUCCESS", "message": ""}', "alipay": "success", "unionpay": "ok"}
OTHERS = {"wechat": {"mchid": "1"}, "alipay": {"app_id": "1"}, "unionpay": {"merId": "1"}}


def test_the_answers_are_those_of_the_documents(trade, standin, order):
    def post(headers, body):
        return httpx.post(trade.notify_url, headers=headers, content=body, timeout=20)

    kind, form = REFUSAL[standin.code]
    headers, body = standin.notification(trade)
    foreign = "application" if standin.code == "alipay" else "merchant"
    for status, reason, answer in (
        (400, "signature" if standin.code == "wechat" else "malformed", post(headers, b"x")),
        (400, "signature", post(*standin.notification(trade, **FORGED[standin.code][0]))),
        (400, foreign, post(*standin.notification(trade, **OTHERS[standin.code]))),
        (413, "too_large", post(headers, b"x" * 70_000)),
    ):
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, kind)
        assert answer.text == form % reason
    answer = post(headers, body)
    assert (answer.status_code, answer.text) == (200, ACKNOWLEDGEMENT[standin.code])
    assert settled(order)


def alipays(place, cup, go, alipay):
    order = place((cup, "mixed", 1), provider="alipay")
    trade = alipay.trades[go(order).reference]
    trade.mark_paid()
    return order, trade


@pytest.mark.parametrize("state", ["TRADE_SUCCESS", "TRADE_FINISHED"])
@pytest.mark.parametrize("fee", ["0.00", "0", "", None])
def test_alipays_news_of_a_refund_of_nothing_is_a_payment(alipay, place, cup, go, state, fee):
    order, trade = alipays(place, cup, go, alipay)
    refund = {} if fee is None else {"refund_fee": fee, "gmt_refund": ""}
    assert alipay.tell(trade, trade_status=state, **refund) == 200
    assert settled(order)


def test_alipays_news_of_a_real_refund_asks_and_changes_no_payment(alipay, place, cup, go):
    order, trade = alipays(place, cup, go, alipay)
    assert alipay.tell(trade, refund_fee="0.01", gmt_refund="2026-11-22 09:30:00") == 200
    assert PaymentNotification.objects.get().outcome == "refund"
    assert order.payments.get().state == PaymentState.OPEN
    assert alipay.tell(trade, trade_status="TRADE_CLOSED", refund_fee="0.00") == 200
    assert order.payments.get().state == PaymentState.FAILED


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "GBK", "gb2312", "GB18030"])
def test_alipays_notification_is_read_by_its_charset(alipay, place, cup, go, charset):
    order, trade = alipays(place, cup, go, alipay)
    assert alipay.tell(trade, charset=charset, subject="保温杯（粉）") == 200
    assert settled(order)


def test_alipays_notification_in_another_charset_than_it_says_is_refused(alipay, place, cup, go):
    order, trade = alipays(place, cup, go, alipay)
    headers, body = alipay.notification(trade, charset="GBK", subject="保温杯")
    assert alipay.deliver(trade.notify_url, headers, body.replace(b"charset=GBK", b"charset=utf-8")) == 400
    assert alipay.deliver(trade.notify_url, headers, body.replace(b"charset=GBK", b"charset=koi8-r")) == 400
    assert not settled(order)


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_unionpay_is_read_by_its_encoding(unionpay, place, cup, go, monkeypatch, encoding, at):
    order = place((cup, "mixed", 1), provider="unionpay")
    payment = go(order)
    unionpay.trades[payment.reference].mark_paid()
    honest = unionpay._about
    monkeypatch.setattr(unionpay, "_about", lambda trade: honest(trade) | {"encoding": encoding})
    assert unionpay.tell(unionpay.trades[payment.reference]) == 200  # and the answer to our question
    assert settled(order)


def test_unionpays_test_environment_signs_with_a_name_of_its_own(unionpay, place, cup, go, settings):
    order = place((cup, "mixed", 1), provider="unionpay")
    trade = unionpay.trades[go(order).reference]
    trade.mark_paid()
    ours = settings.UNIONPAY
    settings.UNIONPAY = ours | {"gateway": "https://unionpay.example", "files": "https://unionpay.example"}
    settings.PRODUCTION = True
    assert unionpay.tell(trade, name="041@Z2014-1@00040000:SIGN@00000001") == 400
    settings.PRODUCTION, settings.UNIONPAY = False, ours
    for somebody_else in ("041@00040000:SIGN@somebody@1", "00040000:SIGN", "041@Z12@00040000"):
        assert unionpay.tell(trade, name=somebody_else) == 400
    assert unionpay.tell(trade, name="041@Z2014-1@00040000:SIGN@00000001") == 200
    assert settled(order)


@pytest.fixture
def switching(switch_on):
    with WeChat(switching=True) as standin:
        yield switch_on(standin)


def test_while_wechat_changes_to_the_public_key_it_signs_with_either(switching, place, cup, go, at):
    orders = [place((cup, "mixed", 1), provider="wechat") for _n in range(2)]
    payments = [go(order) for order in orders]  # the answers were signed by the certificate
    for payment in payments:
        switching.trades[payment.reference].mark_paid()
    assert switching.tell(switching.trades[payments[0].reference]) == 200
    assert ask(payments[1], clock.now()) == "paid"
    assert switching.certificate_downloads == 1
    for number in ("5157F09EFDC096DE", "PUB_KEY_ID_1"):
        assert switching.tell(switching.trades[payments[0].reference], serial=number) == 400
    assert switching.certificate_downloads == 1  # no forger makes us fetch more
    switching.signs_by_certificate = False
    assert switching.tell(switching.trades[payments[0].reference]) == 200
    assert ask(payments[1], clock.now()) == "paid"
    assert all(settled(order) for order in orders)
    assert {payment.state for payment in map(again, payments)} == {PaymentState.PAID}


def again(payment):
    payment.refresh_from_db()
    return payment
