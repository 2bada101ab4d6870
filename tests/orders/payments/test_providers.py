"""What every provider must do, over real HTTP against its stand-in (F4, F5, F6)."""

from datetime import timedelta

import pytest

from core import actors, clock
from core.models import AuditEvent, OutboxMessage
from orders import payments
from orders.models import (
    NotificationState,
    OrderState,
    PaymentNotification,
    PaymentRefund,
    PaymentState,
    RefundState,
)
from orders.payments import tasks
from orders.payments.base import CHINA, NoStatement, ProviderUnavailable
from orders.payments.services import paying
from orders.placing.rules import numbers
from orders.placing.services import cancelling
from points.ledger import audit
from points.ledger.queries import balance
from tests.orders.conftest import sweep
from tests.orders.payments.conftest import ask

BY = actors.system("test")
pytestmark = pytest.mark.django_db(transaction=True)


def states(order):
    order.refresh_from_db()
    return order.state, order.payments.last().state


WAITING = (OrderState.PENDING_PAYMENT, PaymentState.OPEN)
PAID = (OrderState.TO_SHIP, PaymentState.PAID)


def test_paid_and_told(paid, standin, member, at):
    order, payment, _trade = paid
    assert states(order) == PAID
    assert payment.provider_id
    note = PaymentNotification.objects.get()
    assert (note.state, note.outcome) == (NotificationState.WORKED, "paid")
    assert balance(member.pk, at=at).held == 0
    assert OutboxMessage.objects.get(topic="order.paid").payload == {"order_id": order.pk}
    assert audit.run().breaks == []


def test_an_order_with_a_number_of_digits_is_paid_as_before(place, cup, go, standin, monkeypatch):
    monkeypatch.setattr(numbers, "new_number", lambda date: "2026112012345678")
    order = place((cup, "mixed", 1), provider=standin.code)
    payment = go(order)
    assert payment.reference == "2026112012345678P1"
    standin.pay(payment.reference)
    assert states(order) == PAID


def test_no_notification_at_all_is_asked_for(order, go, standin, at, time_machine_at):
    standin.notifies = False
    payment = go(order)
    time_machine_at(at + timedelta(minutes=3))
    sweep()
    assert states(order) == WAITING
    standin.pay(payment.reference)
    time_machine_at(at + timedelta(minutes=10))
    sweep()
    assert states(order) == PAID
    assert standin.tell(standin.trades[payment.reference]) is None
    standin.notifies = True
    assert standin.tell(standin.trades[payment.reference]) == 200  # it comes all the same, late
    assert order.moves.count() == 2


def test_told_before_the_browser_is_back(paid, signed_in):
    order, _payment, _trade = paid
    assert signed_in.get(f"/orders/{order.number}/paid/").url == f"/orders/{order.number}/"


def test_duplicates_and_reordering_are_harmless(paid, standin, member, at):
    order, _payment, trade = paid
    for _n in range(3):
        assert standin.again() == 200
    assert standin.tell(trade) == 200  # another event about the same payment
    trade.state = "failed"  # an old one that comes late
    assert standin.tell(trade) == 200
    assert states(order) == PAID
    assert order.moves.count() == 2
    assert balance(member.pk, at=at).available == 4600


def test_a_failed_payment_can_be_made_again(order, go, standin):
    first = go(order)
    standin.fail(first.reference)
    assert states(order) == (OrderState.PENDING_PAYMENT, PaymentState.FAILED)
    second = go(order)
    assert second.reference != first.reference
    standin.pay(second.reference)
    assert states(order) == PAID


FORGED = {
    "wechat": [{"key": "somebody"}, {"v3_key": "f" * 32}, {"serial": "PUB_KEY_ID_1"}],
    "alipay": [{"key": "somebody"}, {"sign_type": "RSA"}],
    "unionpay": [
        {"key": "somebody", "issuer": "somebody else"},
        {"key": "somebody", "issuer": "unionpay root"},
        {"name": "041@Z12@Somebody@00040000:SIGN"},
    ],
}


def test_a_wrong_signature_is_refused(order, go, standin):
    trade = standin.trades[go(order).reference]
    trade.mark_paid()
    for number, options in enumerate(FORGED[standin.code], start=1):
        assert standin.tell(trade, **options) == 400
        assert PaymentNotification.objects.filter(state=NotificationState.REFUSED).count() == number
    url, headers, body = standin.sent[-1]
    headers, body = standin.notification(trade)
    assert standin.deliver(url, headers, body.replace(trade.reference.encode(), b"X", 1)[:-1]) == 400
    assert standin.deliver(url, headers, b"") == 400
    assert states(order) == WAITING
    assert standin.tell(trade) == 200  # a forgery did not take the real one's place
    assert states(order) == PAID


WRONG = {
    "wechat": [
        ("merchant", {"mchid": "1900000002"}),
        ("merchant", {"mchid": None}),
        ("application", {"appid": "wx0000000000000000"}),
        ("application", {"appid": None}),
        ("currency", {"amount": {"total": 3200, "currency": "USD"}}),
        ("amount", {"amount": {"total": 1}}),
        ("amount", {"amount": {"total": 3199}}),
        ("order", {"out_trade_no": "2026112000000000P1"}),
        ("malformed", {"amount": None}),
        ("malformed", {"out_trade_no": "x", "amount": {"total": "many"}}),
    ],
    "alipay": [
        ("application", {"app_id": "2021000000000002"}),
        ("merchant", {"seller_id": "2088000000000002"}),
        ("amount", {"total_amount": "0.01"}),
        ("amount", {"total_amount": "3200"}),
        ("order", {"out_trade_no": "2026112000000000P1"}),
        ("malformed", {"total_amount": "1.005"}),
    ],
    "unionpay": [
        ("merchant", {"merId": "777290058110049"}),
        ("currency", {"currencyCode": "840"}),
        ("amount", {"txnAmt": "1"}),
        ("amount", {"txnAmt": "320000"}),
        ("order", {"orderId": "2026112000000000P1"}),
        ("malformed", {"txnAmt": "many"}),
        ("malformed", {"txnType": "31"}),
    ],
}


def test_wrong_merchants_amounts_and_orders_change_nothing(order, go, standin):
    trade = standin.trades[go(order).reference]
    trade.mark_paid()
    for reason, changes in WRONG[standin.code]:
        assert standin.tell(trade, **changes) == 400, changes
        note = PaymentNotification.objects.latest("pk")
        assert (note.state, note.reason, note.event_id) == (NotificationState.REFUSED, reason, None)
    assert states(order) == WAITING


def test_closed_before_it_was_paid_and_paid_all_the_same(order, go, standin, at, member):
    payment = go(order)
    cancelling.cancel_order(order=order, by=BY, at=at)
    trade = standin.pay(payment.reference)
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUNDED if standin.code != "unionpay" else "refunding")
    tasks.refund_payment(payment.pk)
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUNDED)
    assert sum(refund.amount_fen for refund in trade.refunds.values()) == 3200
    assert balance(member.pk, at=at).available == 5000


def test_the_provider_is_asked_before_the_window_closes(order, go, standin, at):
    standin.notifies = False
    payment = go(order)
    standin.pay(payment.reference)
    assert cancelling.close_unpaid(order_id=order.pk, at=at + timedelta(minutes=31)) is False
    assert states(order) == PAID


def test_an_unpaid_order_closes_and_the_provider_with_it(order, go, standin, at):
    payment = go(order)
    assert cancelling.close_unpaid(order_id=order.pk, at=at + timedelta(minutes=31)) is True
    assert ask(payment, at + timedelta(minutes=33)) == "waiting"
    payment.refresh_from_db()
    can_close = standin.code != "unionpay"
    assert (standin.trades[payment.reference].state == "closed") is can_close
    assert (payment.next_ask_at is None) is can_close


def test_refunds_in_parts(paid, standin, at):
    order, payment, trade = paid
    one = paying.refund_part(payment=payment, amount_fen=1200, key="part:1", by=BY, at=at)
    again = paying.refund_part(payment=payment, amount_fen=1200, key="part:1", by=BY, at=at)
    assert one.pk == again.pk
    with pytest.raises(paying.RefundKeyReused):
        paying.refund_part(payment=payment, amount_fen=1100, key="part:1", by=BY, at=at)
    for too_much in (2001, 0, -1):
        with pytest.raises(paying.RefundTooLarge):
            paying.refund_part(payment=payment, amount_fen=too_much, key="part:2", by=BY, at=at)
    assert paying.refund_at_provider(payment_id=payment.pk, by=BY, at=clock.now())
    assert states(order) == PAID
    paying.refund_part(payment=payment, amount_fen=2000, key="part:2", by=BY, at=at)
    tasks.refund_payment(payment.pk)
    assert paying.refund_at_provider(payment_id=payment.pk, by=BY, at=clock.now())
    assert states(order) == (OrderState.TO_SHIP, PaymentState.REFUNDED)
    assert {name: refund.amount_fen for name, refund in trade.refunds.items()} == {
        f"{payment.reference}R1": 1200,
        f"{payment.reference}R2": 2000,
    }
    with pytest.raises(paying.RefundTooLarge):
        paying.refund_part(payment=payment, amount_fen=1, key="part:3", by=BY, at=at)


def test_a_refund_fails_and_works_later(paid, standin, at):
    order, _payment, trade = paid
    standin.silent = True
    cancelling.cancel_order(order=order, by=BY, at=at)
    refund = PaymentRefund.objects.get()
    with pytest.raises(ProviderUnavailable):
        paying.send_refund(refund_id=refund.pk, by=BY, at=at)
    refund.refresh_from_db()
    assert (refund.state, refund.tries) == (RefundState.UNDERWAY, 2)
    standin.silent = False
    for _n in range(2):
        paying.send_refund(refund_id=refund.pk, by=BY, at=at)
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUNDED)
    assert len(trade.refunds) == 1


def test_a_refund_that_takes_its_time(paid, standin, at):
    order, _payment, trade = paid
    standin.slow_refunds = True
    cancelling.cancel_order(order=order, by=BY, at=at)
    refund = PaymentRefund.objects.get()
    assert paying.send_refund(refund_id=refund.pk, by=BY, at=at) is False
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUNDING)
    standin.finish_refunds()
    (given,) = trade.refunds.values()
    assert standin.tell_refund(trade, given) == 200  # news of it: the provider is asked
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUNDED)
    refund.refresh_from_db()
    assert (refund.state, refund.next_ask_at) == (RefundState.DONE, None)
    assert refund.provider_id
    assert standin.again() == 200


def test_a_refused_refund_is_ended_by_staff(paid, standin, at):
    order, payment, _trade = paid
    standin.refuse_refunds = True
    cancelling.cancel_order(order=order, by=BY, at=at)
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUND_REFUSED)
    paying.refund_again(payment=payment, by=actors.staff(1), at=at)
    renewed = "T2" if standin.code == "unionpay" else ""  # where a refused name cannot be used again
    assert payment.refunds.get().reference == f"{payment.reference}R1{renewed}"
    tasks.refund_payment(payment.pk)
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUND_REFUSED)
    paying.settle_by_hand(payment=payment, by=actors.staff(1), at=at, note="银行转账，尾号1234")
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUNDED)
    assert PaymentRefund.objects.get().state == RefundState.SETTLED
    assert AuditEvent.objects.get(event="payment.refund_settled").data["note"] == "银行转账，尾号1234"
    with pytest.raises(paying.NothingToRefund):
        paying.settle_by_hand(payment=payment, by=actors.staff(1), at=at, note="again")


def test_a_refund_that_was_refused_comes_through_later(paid, standin, at):
    order, payment, trade = paid
    standin.refuse_refunds = True
    cancelling.cancel_order(order=order, by=BY, at=at)
    standin.refuse_refunds = False
    paying.refund_again(payment=payment, by=actors.staff(1), at=at)
    tasks.refund_payment(payment.pk)
    tasks.refund_payment(payment.pk)  # some only take it in at first
    assert states(order) == (OrderState.CANCELLED, PaymentState.REFUNDED)
    assert sum(given.amount_fen for given in trade.refunds.values()) == payment.amount_fen


def test_another_amount_at_the_provider_is_decided_by_staff(order, go, standin, at):
    payment = go(order)
    trade = standin.trades[payment.reference]
    trade.amount_fen = 3000
    trade.mark_paid()
    assert ask(payment, at) == "disputed"
    assert states(order) == (OrderState.PENDING_PAYMENT, PaymentState.DISPUTED)
    paying.accept_disputed(payment=payment, by=actors.staff(1), at=at, note="少付两元，已同意")
    assert states(order) == PAID
    with pytest.raises(paying.NotDisputed):
        paying.refund_disputed(payment=payment, by=actors.staff(1), at=at, note="x")
    payment.refresh_from_db()
    assert (payment.arrived_fen, payment.left_fen) == (3000, 3000)
    with pytest.raises(paying.RefundTooLarge):
        paying.refund_part(payment=payment, amount_fen=3001, key="k", by=BY, at=at)


def test_a_dispute_that_the_provider_takes_back_is_over(order, go, standin, at):
    payment = go(order)
    trade = standin.trades[payment.reference]
    trade.amount_fen = 3000
    trade.mark_paid()
    assert ask(payment, at) == "disputed"
    trade.amount_fen = 3200
    assert ask(payment, at) == "paid"
    assert states(order) == PAID
    payment.refresh_from_db()
    assert (payment.arrived_fen, payment.look_since) == (3200, None)


def test_a_disputed_payment_goes_back(order, go, standin, at):
    payment = go(order)
    trade = standin.trades[payment.reference]
    trade.amount_fen = 3000
    trade.mark_paid()
    ask(payment, at)
    paying.refund_disputed(payment=payment, by=actors.staff(1), at=at, note="金额不符")
    tasks.refund_payment(payment.pk)
    assert states(order) == (OrderState.PENDING_PAYMENT, PaymentState.REFUNDED)
    assert [refund.amount_fen for refund in trade.refunds.values()] == [3000]
    second = go(order)  # there is still time to pay
    standin.pay(second.reference)
    assert states(order) == PAID


def test_a_silent_provider(order, go, standin, at, signed_in):
    payment = go(order)
    standin.silent = True
    with pytest.raises(ProviderUnavailable):
        ask(payment, at)
    assert states(order) == WAITING
    with pytest.raises(ProviderUnavailable):
        payments.get(standin.code).statement(day=at.date())


def test_the_statement_of_a_day(paid, standin, at):
    _order, payment, trade = paid
    paying.refund_part(payment=payment, amount_fen=700, key="part:1", by=BY, at=at)
    tasks.refund_payment(payment.pk)
    moment = clock.now().astimezone(CHINA)
    shift = timedelta(hours=1) if standin.code == "unionpay" else timedelta()
    provider = payments.get(standin.code)
    sale, back = provider.statement(day=(moment + shift).date()).lines
    assert (sale.kind, sale.reference, sale.amount_fen) == ("payment", payment.reference, 3200)
    assert (back.kind, back.reference, back.refund_reference, back.amount_fen) == (
        "refund",
        payment.reference,
        f"{payment.reference}R1",
        700,
    )
    assert abs(sale.at - trade.paid_at) < timedelta(seconds=2)
    with pytest.raises(NoStatement):
        provider.statement(day=(moment + timedelta(days=3)).date())


def test_without_its_settings_a_provider_is_nobody(order, standin, settings, client):
    name = {"wechat": "WECHAT_PAY", "alipay": "ALIPAY", "unionpay": "UNIONPAY"}[standin.code]
    setattr(settings, name, getattr(settings, name) | {"private_key": ""})
    assert client.post(f"/pay/{standin.code}/callback/", b"x", content_type="text/plain").status_code == 404
