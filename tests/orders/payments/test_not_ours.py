"""What is signed and true, and speaks of somebody else, another order, other money or of times gone by (F5)."""

import pytest

from core.models import AuditEvent
from orders.models import OrderState, Payment, PaymentRefund, PaymentState, RefundState
from orders.payments.services import paying
from orders.placing.services import cancelling
from tests.orders.payments.conftest import ask
from tests.orders.payments.test_providers import BY, states

pytestmark = pytest.mark.django_db(transaction=True)

# What a signed answer to our own question must say: "answers" of the stand-ins are changed on their way.
NOT_OURS = {
    "wechat": {
        "merchant": {"mchid": "1900000002"},
        "application": {"appid": "wx0000000000000000"},
        "currency": {"amount": {"total": 3200, "currency": "USD"}},
        "order": {"out_trade_no": "2026112000000000P1"},
    },
    "alipay": {"currency": {"trans_currency": "USD"}, "order": {"out_trade_no": "2026112000000000P1"}},
    "unionpay": {
        "merchant": {"merId": "777290058110049"},
        "currency": {"currencyCode": "840"},
        "order": {"orderId": "2026112000000000P1"},
    },
}


def changed(standin, monkeypatch, changes):
    """The stand-in answers with ``changes`` to what it says."""
    honest = type(standin).answer
    dictionary = 1 if standin.code == "alipay" else 0

    def answer(*args, **options):
        args = list(args)
        args[dictionary] = args[dictionary] | changes
        return honest(standin, *args, **options)

    monkeypatch.setattr(standin, "answer", answer)


def test_an_answer_about_what_is_not_ours_pays_nothing(place, cup, go, standin, monkeypatch, at):
    standin.notifies = False
    for reason, changes in NOT_OURS[standin.code].items():
        order = place((cup, "mixed", 1), provider=standin.code)
        payment = go(order)
        standin.pay(payment.reference)
        with monkeypatch.context() as patched:
            changed(standin, patched, changes)
            assert ask(payment, at) == "disputed", reason
        assert states(order) == (OrderState.PENDING_PAYMENT, PaymentState.DISPUTED)
        assert AuditEvent.objects.filter(event="payment.disputed").last().data["word"].endswith(f" {reason}")
        cancelling.cancel_order(order=order, by=BY, at=at)


REFUND_NOT_OURS = {
    "wechat": [{"out_refund_no": "R9"}, {"amount": {"refund": 1}}, {"amount": {"refund": 3200, "currency": "USD"}}],
    "alipay": [{"out_request_no": "R9"}, {"refund_amount": "0.01"}],
    "unionpay": [{"orderId": "R9"}, {"txnAmt": "1"}, {"merId": "777290058110049"}],
}


def test_an_answer_about_another_refund_ends_none(paid, standin, monkeypatch, at):
    order, _payment, _trade = paid
    standin.slow_refunds = True
    cancelling.cancel_order(order=order, by=BY, at=at)
    refund = PaymentRefund.objects.get()
    standin.finish_refunds()
    for changes in REFUND_NOT_OURS[standin.code]:
        with monkeypatch.context() as patched:
            changed(standin, patched, changes)
            assert paying.send_refund(refund_id=refund.pk, by=BY, at=at) is False, changes
        refund.refresh_from_db()
        assert (refund.state, refund.look_since) == (RefundState.UNDERWAY, at), changes
    assert paying.send_refund(refund_id=refund.pk, by=BY, at=at) is True
    refund.refresh_from_db()
    assert (refund.state, refund.look_since) == (RefundState.DONE, None)


def test_old_news_of_a_payment_in_dispute_pays_nothing(order, go, standin, at):
    """It went back on the provider's own pages; the notification of the payment comes only then, and is true."""
    if standin.code == "unionpay":
        pytest.skip("asked about whatever it tells")
    standin.notifies = False
    payment = go(order)
    trade = standin.pay(payment.reference)
    headers, body = standin.notification(trade)
    trade.word = {"wechat": "REFUND", "alipay": "TRADE_CLOSED"}[standin.code]
    assert ask(payment, at) == "disputed"
    standin.notifies = True
    assert standin.deliver(trade.notify_url, headers, body) in (200, 204)
    now = Payment.objects.get(pk=payment.pk)
    assert (now.state, now.order.state) == (PaymentState.DISPUTED, OrderState.PENDING_PAYMENT)
    trade.word = None  # the provider says itself that it is paid after all
    assert standin.deliver(trade.notify_url, headers, body) in (200, 204)
    assert ask(payment, at) == "paid"
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID
