"""What each word of a provider's documents does to a payment and to a refund: all of them, over HTTP (F4, F5, F6).

The tables here are written down from the documents, not taken from the code. "waiting" and "declined" are in between,
"unclear" is too and waits for staff; only "paid" and "failed", "done" and "failed" are final.
"""

from datetime import timedelta

import httpx
import pytest

from core import actors, clock
from core.models import AuditEvent
from orders import payments
from orders.models import OrderState, Payment, PaymentNotification, PaymentRefund, PaymentState, RefundState
from orders.payments import tasks
from orders.payments.base import Charge, RefundOrder
from orders.payments.services import paying, reconciling
from orders.placing.services import cancelling
from points.ledger.queries import balance
from tests.orders.conftest import sweep
from tests.orders.payments.conftest import ask
from tests.orders.payments.test_reconciliation import day_of

BY = actors.system("test")
REFUSED_BY_UNIONPAY = [
    "01", "02", "06", "10", "11", "12", "13", "14", "30", "31", "32", "33", "35", "36", "37", "38", "39", "40", "41",
    "43", "44", "60", "61", "62", "63", "64", "65", "66", "67", "68", "69", "71", "72", "73", "76", "77", "78", "79",
    "80", "82", "98", "99",
]  # fmt: skip
TRADES = {
    "wechat": {
        "SUCCESS": "paid",
        "REFUND": "returned",
        "NOTPAY": "waiting",
        "USERPAYING": "waiting",
        "ACCEPT": "waiting",
        "PAYERROR": "declined",
        "CLOSED": "failed",
        "REVOKED": "failed",
        "PERHAPS": "unclear",
    },
    "alipay": {
        "TRADE_SUCCESS": "paid",
        "TRADE_FINISHED": "paid",
        "WAIT_BUYER_PAY": "waiting",
        "TRADE_CLOSED": "failed",
        "PERHAPS": "unclear",
    },
    "unionpay": {
        **dict.fromkeys(["00", "A6"], "paid"),
        **dict.fromkeys(["03", "04", "05", "34", "70"], "waiting"),
        **dict.fromkeys(REFUSED_BY_UNIONPAY, "declined"),
        **dict.fromkeys(["42", "74", "75"], "unclear"),
        **dict.fromkeys(["51", "ZZ", ""], "unclear"),
    },
}
REFUNDS = {
    "wechat": {
        "SUCCESS": "done",
        "PROCESSING": "waiting",
        "CLOSED": "failed",
        "ABNORMAL": "unclear",
        "PERHAPS": "unclear",
    },
    "alipay": {
        "REFUND_SUCCESS": "done",
        "REFUND_PROCESSING": "waiting",
        "REFUND_FAIL": "failed",
        "": "absent",
        "PERHAPS": "unclear",
    },
    "unionpay": {
        **dict.fromkeys(["00", "A6"], "done"),
        **dict.fromkeys(["03", "04", "05"], "waiting"),
        **dict.fromkeys([*REFUSED_BY_UNIONPAY, "70"], "failed"),
        **dict.fromkeys(["42", "74", "75", "51", "ZZ", ""], "unclear"),
    },
}
AFTER_THE_WINDOW = {"unionpay": {"declined": "failed"}}  # "not 00 or A6 after payTimeout is failed"


@pytest.fixture
def trade(standin, at):
    """A payment at the stand-in, and nothing of it in the mall."""
    found = standin.trade("2026112000000001P1", 3200)
    found.extra["txnTime"] = unionpays(at)
    return found


@pytest.fixture
def charge(trade, at):
    return Charge(trade.reference, 3200, at, at + timedelta(minutes=30), trade.number)


def unionpays(moment):
    return f"{moment.astimezone(payments.base.CHINA):%Y%m%d%H%M%S}"


def test_every_word_about_a_payment(standin, trade, charge):
    provider = payments.get(standin.code)
    for late in (False, True):
        at = charge.expires_at + timedelta(hours=1) if late else clock.now()
        for word, meaning in TRADES[standin.code].items():
            trade.word = word
            outcome = AFTER_THE_WINDOW.get(standin.code, {}).get(meaning, meaning) if late else meaning
            status = provider.query(charge=charge, at=at)
            assert (status.outcome, status.word) == (outcome if word != "34" or not late else "failed", word), word


def test_every_word_about_a_refund(standin, trade, charge, at):
    provider = payments.get(standin.code)
    trade.mark_paid()
    refund = RefundOrder(charge, f"{trade.reference}R1", 700, at, "")
    assert provider.query_refund(refund=refund).outcome == "absent"
    provider.refund(refund=refund)
    for word, outcome in REFUNDS[standin.code].items():
        trade.refunds[refund.reference].word = word
        assert provider.query_refund(refund=refund).outcome == outcome, word


def test_what_unionpay_says_at_once_to_a_refund(unionpay, monkeypatch, at):
    provider = payments.get("unionpay")
    charge = Charge("2026112000000001P1", 3200, at, at, "42")
    refund = RefundOrder(charge, "2026112000000001P1R1", 700, at, "")
    meanings = dict.fromkeys(REFUSED_BY_UNIONPAY, payments.base.RefundRefused)
    meanings |= dict.fromkeys(["02", "06", "37", "39"], payments.base.ProviderUnavailable)
    meanings |= dict.fromkeys(["00", "A6", "03", "04", "05", "12"], "waiting") | {"ZZ": "unclear"}
    for code, meaning in meanings.items():
        monkeypatch.setattr(unionpay, "_refund", lambda fields, code=code: unionpay.answer({"respCode": code}))
        if isinstance(meaning, str):
            assert provider.refund(refund=refund).outcome == meaning, code
        else:
            with pytest.raises(meaning):
                provider.refund(refund=refund)


# What follows from them

pytestmark = pytest.mark.django_db(transaction=True)
IN_BETWEEN = [
    ("wechat", "USERPAYING"), ("wechat", "ACCEPT"), ("wechat", "PAYERROR"), ("wechat", "PERHAPS"),
    ("alipay", "WAIT_BUYER_PAY"), ("alipay", "PERHAPS"),
    ("unionpay", "05"), ("unionpay", "64"), ("unionpay", "34"), ("unionpay", "42"), ("unionpay", "ZZ"),
]  # fmt: skip


@pytest.fixture
def one(request, switch_on):
    """``one(code)``: the stand-in of that provider."""

    def start(code):
        standin = request.getfixturevalue(code)
        standin.notifies = False
        return standin

    return start


def again(payment):
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    return payment


@pytest.mark.parametrize(("code", "word"), IN_BETWEEN)
def test_money_after_an_answer_in_between_pays_the_order(one, place, cup, go, code, word, at, time_machine_at):
    """No notification ever comes: the second card, or whatever ended the wait, is found by asking."""
    standin = one(code)
    payment = go(place((cup, "mixed", 1), provider=code))
    trade = standin.trades[payment.reference]
    trade.word = word
    for minutes in (3, 6):
        time_machine_at(at + timedelta(minutes=minutes))
        sweep()
        assert again(payment).order.state == OrderState.PENDING_PAYMENT
        if trade.state == "closed":  # that try is over at the provider too, and the member makes another
            assert (word, payment.state, payment.next_ask_at) == ("PAYERROR", PaymentState.FAILED, None)
            return
        assert payment.next_ask_at is not None
    trade.mark_paid()
    time_machine_at(at + timedelta(minutes=14))
    sweep()
    assert (again(payment).state, payment.order.state) == (PaymentState.PAID, OrderState.TO_SHIP)
    assert (payment.look_since, payment.next_ask_at) == (None, None)


@pytest.mark.parametrize(("code", "word"), IN_BETWEEN)
def test_money_after_the_order_was_closed_goes_back(one, place, cup, go, code, word, member, at, time_machine_at):
    standin = one(code)
    payment = go(place((cup, "mixed", 1), provider=code))
    trade = standin.trades[payment.reference]
    trade.word = word
    time_machine_at(at + timedelta(minutes=31))
    sweep()
    assert again(payment).order.state == OrderState.CANCELLED
    if trade.state == "closed":  # nobody can pay it any more
        assert payment.next_ask_at is None
        return
    assert payment.next_ask_at is not None
    trade.mark_paid()
    for hours in (2, 5, 11):
        time_machine_at(at + timedelta(hours=hours))
        sweep()
    assert (again(payment).state, payment.order.state) == (PaymentState.REFUNDED, OrderState.CANCELLED)
    assert [refund.amount_fen for refund in trade.refunds.values()] == [3200]
    assert balance(member.pk, at=clock.now()).held == 0


@pytest.mark.parametrize("word", ["05", "64"])
def test_a_notification_that_is_not_final_ends_nothing(unionpay, place, cup, go, word, at, time_machine_at):
    """UnionPay says 05, or that the first card was refused; the second card pays, and of that nobody tells us."""
    payment = go(place((cup, "mixed", 1), provider="unionpay"))
    trade = unionpay.trades[payment.reference]
    trade.word = word
    assert unionpay.tell(trade) == 200
    assert again(payment).state == (PaymentState.OPEN if word == "05" else PaymentState.FAILED)
    assert payment.next_ask_at is not None
    unionpay.notifies = False
    if word == "64":
        trade.state, trade.word = "failed", None
    httpx.post(f"{unionpay.url}/cashier/{payment.reference}", data={"act": "pay"}, timeout=20)  # on the same page
    time_machine_at(at + timedelta(minutes=31))
    assert cancelling.close_unpaid(order_id=payment.order_id, at=clock.now()) is False
    assert (again(payment).state, payment.order.state) == (PaymentState.PAID, OrderState.TO_SHIP)


def test_unionpay_is_believed_after_asking(unionpay, place, cup, go):
    payment = go(place((cup, "mixed", 1), provider="unionpay"))
    trade = unionpay.trades[payment.reference]
    assert unionpay.tell(trade, respCode="00") == 200  # of money that is not there
    assert again(payment).state == PaymentState.OPEN
    trade.mark_paid()
    assert unionpay.tell(trade, queryId="another") == 200
    assert again(payment).state == PaymentState.PAID


def test_two_cards_by_two_payments_pay_once(unionpay, place, cup, go):
    order = place((cup, "mixed", 1), provider="unionpay")
    first = go(order)
    unionpay.fail(first.reference)
    second = go(order)
    assert second.reference != first.reference
    unionpay.pay(first.reference)  # in the window that was left open
    unionpay.pay(second.reference)
    tasks.refund_payment(second.pk)
    assert (again(first).state, again(second).state) == (PaymentState.PAID, PaymentState.REFUNDED)


@pytest.mark.parametrize("told", [True, False])
def test_a_word_that_nobody_knows_is_shown_to_staff_and_never_final(order, go, standin, told, at, time_machine_at):
    payment = go(order)
    trade = standin.trades[payment.reference]
    trade.word = "PERHAPS"
    if told:
        assert standin.tell(trade) == 200
        assert PaymentNotification.objects.get().word == "PERHAPS"
    else:
        assert ask(payment, clock.now()) == "unclear"
    since = again(payment).look_since
    assert (payment.state, payment.said) == (PaymentState.OPEN, "PERHAPS")
    assert since is not None
    assert AuditEvent.objects.get(event="payment.unclear").data["word"] == "PERHAPS"
    ask(payment, clock.now() + timedelta(minutes=1))
    assert again(payment).look_since == since
    assert AuditEvent.objects.filter(event="payment.unclear").count() == 1
    trade.word = None
    ask(payment, clock.now() + timedelta(minutes=2))
    assert again(payment).look_since is None


def test_asking_ends_two_days_after_the_window_but_not_for_one_who_is_silent(order, go, standin, at):
    payment = go(order)
    cancelling.cancel_order(order=order, by=BY, at=at)
    standin.trades[payment.reference].word = "PERHAPS"  # so that it is not closed there
    moment = at + timedelta(days=2, minutes=20)
    ask(payment, moment)
    assert again(payment).next_ask_at is not None
    standin.silent = True
    with pytest.raises(payments.base.ProviderUnavailable):
        ask(payment, moment + timedelta(days=1))
    assert again(payment).next_ask_at > moment + timedelta(days=1)
    standin.silent = False
    ask(payment, moment + timedelta(days=4))
    assert again(payment).next_ask_at is None
    assert payment.look_since is not None  # staff still see it


def test_money_that_went_back_without_us_is_for_staff(order, go, standin, at):
    """Somebody gave it back on the provider's own pages before we knew that it had come: nothing is shipped for it."""
    standin.notifies = False
    payment = go(order)
    trade = standin.pay(payment.reference)
    standin.give_back(trade, "BYHAND1", 3200)
    if standin.code == "unionpay":  # tells of payments and refunds apart
        assert ask(payment, at) == "paid"
        return
    assert ask(payment, at) == "disputed"
    assert (again(payment).state, payment.order.state) == (PaymentState.DISPUTED, OrderState.PENDING_PAYMENT)
    assert payment.look_since == at
    assert payment.paid_fen is None


def underway(order, payment, at):
    cancelling.cancel_order(order=order, by=BY, at=at)
    return payment.refunds.get()


def test_a_refund_that_wechat_holds_is_shown_to_staff_until_it_is_done(wechat, place, cup, go, at):
    order = place((cup, "mixed", 1), provider="wechat")
    payment = go(order)
    trade = wechat.pay(payment.reference)
    wechat.slow_refunds = True
    order.refresh_from_db()
    refund = underway(order, payment, at)
    (given,) = trade.refunds.values()
    given.word = "ABNORMAL"
    assert wechat.tell_refund(trade, given) == 200
    refund.refresh_from_db()
    assert (refund.state, refund.said) == (RefundState.UNDERWAY, "ABNORMAL")
    assert refund.look_since is not None
    wechat.finish_refunds()  # by hand, on WeChat Pay's pages
    assert wechat.tell_refund(trade, given) == 200
    refund.refresh_from_db()
    assert (refund.state, refund.look_since, again(payment).state) == (RefundState.DONE, None, PaymentState.REFUNDED)


def test_a_refund_that_wechat_closed_is_tried_again_under_another_name(wechat, place, cup, go, at):
    order = place((cup, "mixed", 1), provider="wechat")
    payment = go(order)
    trade = wechat.pay(payment.reference)
    wechat.slow_refunds = True
    order.refresh_from_db()
    refund = underway(order, payment, at)
    (given,) = trade.refunds.values()
    given.word = "CLOSED"
    wechat.tell_refund(trade, given)
    refund.refresh_from_db()
    assert (refund.state, refund.said, again(payment).state) == ("refused", "CLOSED", PaymentState.REFUND_REFUSED)
    del trade.refunds[given.reference]  # its money is free again
    wechat.slow_refunds = False
    paying.refund_again(payment=payment, by=actors.staff(1), at=at)
    tasks.refund_payment(payment.pk)
    assert list(trade.refunds) == [f"{payment.reference}R1T2"]
    assert again(payment).state == PaymentState.REFUNDED


def test_a_refund_under_way_for_days_is_shown_to_staff(paid, standin, at):
    order, payment, _trade = paid
    standin.slow_refunds = True
    refund = underway(order, payment, at)
    for days, is_shown in ((2, False), (4, True), (5, True)):
        paying.send_refund(refund_id=refund.pk, by=BY, at=at + timedelta(days=days))
        refund.refresh_from_db()
        assert (refund.state, refund.look_since is not None) == (RefundState.UNDERWAY, is_shown)
    standin.silent = True
    with pytest.raises(payments.base.ProviderUnavailable):
        paying.send_refund(refund_id=refund.pk, by=BY, at=at + timedelta(days=6))
    paying.settle_by_hand(payment=payment, by=actors.staff(1), at=at + timedelta(days=6), note="银行转账")
    refund.refresh_from_db()
    assert (refund.state, refund.look_since, again(payment).state) == ("settled", None, PaymentState.REFUNDED)


def test_a_refused_refund_that_was_done_all_the_same_is_found(paid, standin, at):
    """It was ended on the provider's own pages; nobody shall pay it by hand once more."""
    order, payment, trade = paid
    standin.refuse_refunds = True
    refund = underway(order, payment, at)
    assert PaymentRefund.objects.get().state == RefundState.REFUSED
    standin.refuse_refunds = False
    standin.give_back(trade, refund.reference, 3200)
    trade.extra[refund.reference] = unionpays(refund.asked_at)
    assert paying.refund_at_provider(payment_id=payment.pk, by=BY, at=clock.now()) is True
    refund.refresh_from_db()
    assert (refund.state, refund.look_since, again(payment).state) == (RefundState.DONE, None, PaymentState.REFUNDED)


def test_what_the_statement_has_and_we_have_not_is_asked_about(unionpay, place, cup, go, at, time_machine_at):
    """Of a payment that nobody asked about any more, the daily statement says that it was paid."""
    payment = go(place((cup, "mixed", 1), provider="unionpay"))
    unionpay.notifies = False
    cancelling.cancel_order(order=payment.order, by=BY, at=at)
    unionpay.pay(payment.reference)
    Payment.objects.filter(pk=payment.pk).update(next_ask_at=None)
    day = day_of(unionpay, clock.now())
    reconciling.reconcile(provider="unionpay", day=day, by=BY, at=clock.now())
    sweep()
    sweep()
    assert again(payment).state in (PaymentState.REFUNDING, PaymentState.REFUNDED)
