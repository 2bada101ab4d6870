"""What staff do to payments themselves: each with a permission, a reason, a trail and, above a sum, a second person."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from core import actors, approvals, clock, parameters
from core.errors import InvalidInput
from core.models import Approval, AuditEvent
from orders.models import OrderState, PaymentRefund, PaymentState, RefundState
from orders.parameters import BY_HAND_APPROVAL_YUAN
from orders.payments import tasks
from orders.payments.queries import books
from orders.payments.services import by_hand, paying
from orders.placing.services import cancelling
from points.ledger.queries import balance
from pointsmall import badges
from tests.orders.conftest import sweep

ANNA, BERND = actors.staff(9001), actors.staff(9002)
pytestmark = pytest.mark.django_db(transaction=True)


def again(payment):
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    return payment


def states(payment):
    again(payment)
    return payment.state, payment.order.state


@pytest.fixture
def limit(at):
    """``limit(yuan)``: what one person may let go in a day."""

    def set_to(yuan):
        asked = parameters.change(BY_HAND_APPROVAL_YUAN, yuan, by=ANNA, at=at, reason="test")
        approvals.approve(approval=asked, by=BERND, at=at)

    return set_to


@pytest.fixture
def payment(place, cup, go, wechat):
    """An open one of 32 yuan, of which WeChat Pay tells nothing by itself."""
    wechat.notifies = False
    return go(place((cup, "mixed", 1), provider="wechat"))


# Asking


@pytest.mark.parametrize("state", list(PaymentState))
def test_the_provider_can_be_asked_about_any_payment(payment, wechat, state, at):
    type(payment).objects.filter(pk=payment.pk).update(state=state, next_ask_at=None)
    wechat.pay(payment.reference)
    asked = paying.ask_again(payment=payment, by=ANNA, at=at)
    came = {PaymentState.PAID, PaymentState.REFUNDING, PaymentState.REFUNDED, PaymentState.REFUND_REFUSED}
    assert asked.state == (state if state in came else PaymentState.PAID)
    assert AuditEvent.objects.get(event="payment.asked").by == ANNA


def test_asking_finds_what_became_of_refunds_too(paid, standin, at):
    order, payment, _trade = paid
    standin.slow_refunds = True
    cancelling.cancel_order(order=order, by="system:test", at=at)
    standin.finish_refunds()
    assert paying.ask_again(payment=payment, by=ANNA, at=at).state == PaymentState.REFUNDED


# Marking


def test_money_that_only_staff_see_pays_the_order(payment, at):
    found = {"amount_fen": 3200, "provider_id": " 4200 ", "note": "后台可见"}
    assert by_hand.mark_paid(payment=payment, **found, by=ANNA, at=at) is None
    approval = Approval.objects.get()
    assert (approval.state, approval.by, approval.reason) == ("done", ANNA, "后台可见")
    assert states(payment) == (PaymentState.PAID, OrderState.TO_SHIP)
    assert (payment.provider_id, payment.paid_fen, payment.next_ask_at) == ("4200", None, None)
    trail = AuditEvent.objects.get(event="payment.marked_paid")
    assert (trail.by, trail.data["note"], trail.data["arrived_fen"]) == (ANNA, "后台可见", 3200)
    with pytest.raises(paying.NotToMark):
        by_hand.mark_paid(payment=payment, amount_fen=3200, provider_id="4200", note="again", by=ANNA, at=at)


def test_money_that_nobody_waits_for_goes_back_when_it_is_marked(payment, wechat, at):
    cancelling.cancel_order(order=payment.order, by="system:test", at=at)
    wechat.pay(payment.reference)
    by_hand.mark_paid(payment=payment, amount_fen=3200, provider_id="", note="后台可见", by=ANNA, at=at)
    tasks.refund_payment(payment.pk)
    assert states(payment) == (PaymentState.REFUNDED, OrderState.CANCELLED)
    assert [refund.amount_fen for refund in wechat.trades[payment.reference].refunds.values()] == [3200]


def test_another_amount_can_be_marked(payment, at):
    by_hand.mark_paid(payment=payment, amount_fen=3000, provider_id="4200", note="少两元，同意", by=ANNA, at=at)
    assert states(payment) == (PaymentState.PAID, OrderState.TO_SHIP)
    assert (payment.arrived_fen, payment.left_fen) == (3000, 3000)


def test_what_nobody_will_pay_is_not_asked_about_any_more(payment, wechat, at):
    wechat.trades[payment.reference].word = "PERHAPS"
    paying.ask_again(payment=payment, by=ANNA, at=at)
    assert set(books.to_look_at().values_list("pk", flat=True)) == {payment.pk}
    assert badges.payments_waiting(None) == 1
    paying.mark_unpaid(payment=payment, note="微信支付确认未付款", by=ANNA, at=at)
    assert states(payment) == (PaymentState.FAILED, OrderState.PENDING_PAYMENT)
    assert (payment.next_ask_at, payment.look_since) == (None, None)
    assert badges.payments_waiting(None) == ""
    assert AuditEvent.objects.get(event="payment.marked_unpaid").data["note"] == "微信支付确认未付款"
    wechat.notifies = True
    wechat.pay(payment.reference)  # and yet it moves
    assert states(payment) == (PaymentState.PAID, OrderState.TO_SHIP)
    with pytest.raises(paying.NotToMark):
        paying.mark_unpaid(payment=payment, note="x", by=ANNA, at=at)


@pytest.mark.parametrize("note", ["", "  ", "\n"])
def test_each_act_wants_a_reason(payment, note, at):
    acts = {
        by_hand.mark_paid: {"amount_fen": 3200, "provider_id": "1"},
        paying.mark_unpaid: {},
        by_hand.give_back: {"amount_fen": 1, "form_key": uuid.uuid4()},
    }
    for act, more in acts.items():
        with pytest.raises(InvalidInput):
            act(payment=payment, note=note, by=ANNA, at=at, **more)
    with pytest.raises(InvalidInput):
        by_hand.mark_paid(payment=payment, amount_fen=0, provider_id="1", note="x", by=ANNA, at=at)
    assert not Approval.objects.exists()


# Giving back


def give_back(payment, fen, at, *, form_key=None, by=ANNA):
    return by_hand.give_back(
        payment=payment, amount_fen=fen, form_key=form_key or uuid.uuid4(), note="补偿", by=by, at=at
    )


def test_cash_goes_back_by_hand_with_what_it_earned(paid, standin, member, at):
    _order, payment, trade = paid
    sweep()
    before = balance(member.pk, at=clock.now()).pending
    assert before > 0
    form_key = uuid.uuid4()
    for _twice in range(2):
        assert give_back(payment, 1600, at, form_key=form_key) is None
    Approval.objects.all().delete()  # whatever is left of the first time
    assert give_back(payment, 1600, at, form_key=form_key) is None
    tasks.refund_payment(payment.pk)
    tasks.refund_payment(payment.pk)
    sweep()
    assert states(payment) == (PaymentState.PAID, OrderState.TO_SHIP)
    assert [refund.amount_fen for refund in trade.refunds.values()] == [1600]
    refund = PaymentRefund.objects.get()
    assert (refund.state, refund.by, refund.note) == (RefundState.DONE, ANNA, "补偿")
    assert balance(member.pk, at=clock.now()).pending == before // 2
    assert payment.order.returned == {"fen": 1600}
    assert member.notices.filter(topic="orders").last().values["sum"] == {"fen": 1600}
    for too_much in (1601, 0, -1):
        with pytest.raises(paying.RefundTooLarge):
            give_back(payment, too_much, at)
    cancelling.cancel_order(order=payment.order, by="system:test", at=at)
    tasks.refund_payment(payment.pk)
    tasks.refund_payment(payment.pk)
    sweep()
    assert states(payment) == (PaymentState.REFUNDED, OrderState.CANCELLED)
    assert (payment.order.returned["fen"], balance(member.pk, at=clock.now()).pending) == (3200, 0)


def test_only_what_was_paid_can_be_given_back(payment, at):
    with pytest.raises(paying.NotPaid):
        give_back(payment, 100, at)


# A second person


def test_above_the_sum_of_a_day_it_waits_for_a_second_person(paid, standin, limit, at):
    _order, payment, _trade = paid
    limit(20)
    assert give_back(payment, 1500, at) is None
    waiting = give_back(payment, 600, at)  # 21 yuan of one person, and of one member
    assert (waiting.state, waiting.amount) == ("pending", 600)
    with pytest.raises(approvals.AlreadyAsked):
        give_back(payment, 600, at, by=BERND)
    with pytest.raises(approvals.RequesterDecides):
        approvals.approve(approval=waiting, by=ANNA, at=at)
    assert again(payment).returned_fen == 1500
    approvals.approve(approval=waiting, by=BERND, at=at)
    assert again(payment).returned_fen == 2100
    assert list(PaymentRefund.objects.order_by("pk").values_list("amount_fen", "by")) == [(1500, ANNA), (600, ANNA)]
    assert AuditEvent.objects.get(event="approval.approved", data__amount=600).by == BERND
    assert give_back(payment, 600, at, by=actors.staff(9003)).state == "pending"  # of one member


def test_a_refused_request_changes_nothing(payment, limit, at):
    limit(0)
    waiting = by_hand.mark_paid(payment=payment, amount_fen=3200, provider_id="1", note="x", by=ANNA, at=at)
    approvals.refuse(approval=waiting, by=BERND, at=at, answer="查无此款")
    assert states(payment) == (PaymentState.OPEN, OrderState.PENDING_PAYMENT)


def test_what_has_changed_meanwhile_is_not_done(payment, wechat, limit, at):
    limit(0)
    waiting = by_hand.mark_paid(payment=payment, amount_fen=3200, provider_id="1", note="x", by=ANNA, at=at)
    wechat.pay(payment.reference)
    paying.ask_again(payment=payment, by=ANNA, at=at)
    with pytest.raises(approvals.Outdated):
        approvals.approve(approval=waiting, by=BERND, at=at)
    assert Approval.objects.get(pk=waiting.pk).state == "pending"


def test_nobody_gives_to_themselves(paid, at):
    _order, payment, _trade = paid
    with pytest.raises(approvals.OwnGain):
        give_back(payment, 100, at, by=actors.staff(payment.order.member_id))


def test_settling_and_accepting_count_as_well(payment, wechat, limit, at):
    limit(20)
    trade = wechat.trades[payment.reference]
    trade.amount_fen = 100
    trade.mark_paid()
    paying.ask_again(payment=payment, by=ANNA, at=at)
    accepted = by_hand.accept_payment(payment=payment, note="差额", by=ANNA, at=at)
    assert (accepted.state, accepted.amount) == ("pending", 3100)
    approvals.approve(approval=accepted, by=BERND, at=at)
    assert states(payment) == (PaymentState.PAID, OrderState.TO_SHIP)
    wechat.refuse_refunds = True
    limit(0)
    payment.order.refresh_from_db()
    cancelling.cancel_order(order=payment.order, by="system:test", at=at)
    settled = by_hand.settle_refund(payment=payment, note="银行转账", by=ANNA, at=at)
    assert (settled.state, settled.amount) == ("pending", 100)
    approvals.approve(approval=settled, by=BERND, at=at)
    assert states(payment) == (PaymentState.REFUNDED, OrderState.CANCELLED)
    refund = PaymentRefund.objects.get()
    assert (refund.state, refund.note, refund.by) == (RefundState.SETTLED, "银行转账", ANNA)


# The pages


def staff(at, *permissions, name):
    person = User.objects.create_user(username=name, is_staff=True, date_joined=at)
    person.user_permissions.set(Permission.objects.filter(codename__in=("view_payment", *permissions)))
    return person


def page(payment, act):
    return reverse(f"admin:orders_payment_{act}", args=[payment.pk])


ACTS = {
    "ask_again": {"refund_payment", "settle_payment", "mark_payment"},
    "mark_paid": {"mark_payment"},
    "mark_unpaid": {"mark_payment"},
    "give_back": {"mark_payment"},
    "accept_disputed": {"settle_payment"},
    "refund_disputed": {"settle_payment"},
    "refund_again": {"refund_payment"},
    "settle_by_hand": {"settle_payment"},
}
OFFERED = {"open": {"ask_again", "mark_paid", "mark_unpaid"}, "paid": {"ask_again", "give_back"}}


def test_who_sees_and_may_do_what(payment, wechat, client, at):
    people = [(), ("refund_payment",), ("settle_payment",), ("mark_payment",)]
    for state in ("open", "paid"):
        if state == "paid":
            wechat.pay(payment.reference)
            paying.ask_again(payment=payment, by=ANNA, at=at)
        for number, permissions in enumerate(people):
            client.force_login(staff(at, *permissions, name=f"{state}{number}"))
            html = client.get(page(payment, "change")).content.decode()
            for act, needed in ACTS.items():
                may = bool(needed & set(permissions)) and act in OFFERED[state]
                assert (page(payment, act) in html) is may, (state, permissions, act)
                assert client.get(page(payment, act)).status_code == (200 if may else 403), (state, permissions, act)
                assert may or client.post(page(payment, act), {"note": "x"}).status_code == 403
    client.force_login(staff(at, "mark_payment", name="odd"))
    for odd in ("abc", "9" * 30, "%00"):
        assert client.get(f"/admin/orders/payment/{odd}/paid/").status_code in (400, 403, 404)


def test_the_pages_do_what_they_say(payment, wechat, client, limit, at):
    client.force_login(staff(at, "mark_payment", name="anna"))
    asked = client.post(page(payment, "ask_again"), follow=True)
    assert "NOTPAY" in next(str(message) for message in asked.context["messages"])
    wechat.silent = True
    assert client.post(page(payment, "ask_again")).context["form"].non_field_errors()
    wechat.silent = False
    form = {"amount_fen": "32.00", "provider_id": "4200001", "note": "后台可见"}
    for missing in form:
        assert client.post(page(payment, "mark_paid"), form | {missing: ""}).context["form"].errors[missing]
    assert 'value="32.00"' in client.get(page(payment, "mark_paid")).content.decode()
    assert client.post(page(payment, "mark_paid"), form).status_code == 302
    assert states(payment) == (PaymentState.PAID, OrderState.TO_SHIP)
    form = {"amount_fen": "40", "form_key": uuid.uuid4(), "note": "补偿"}
    assert client.post(page(payment, "give_back"), form).context["form"].non_field_errors()
    limit(5)
    done = client.post(page(payment, "give_back"), form | {"amount_fen": "6.50"}, follow=True)
    assert done.status_code == 200
    assert Approval.objects.filter(state="pending", amount=650).exists()
    assert again(payment).returned_fen == 0


def test_a_second_person_decides_on_the_approvals_page(paid, client, limit, at):
    _order, payment, _trade = paid
    limit(0)
    waiting = give_back(payment, 100, at)
    client.force_login(staff(at, "approve_by_hand", name="boss"))
    url = reverse("admin:core_approval_change", args=[waiting.pk])
    html = client.get(url).content.decode()
    assert payment.reference in html
    assert "¥1.00" in html
    assert client.post(reverse("admin:core_approval_approve", args=[waiting.pk])).status_code == 302
    assert again(payment).returned_fen == 100
    assert PaymentRefund.objects.get().amount_fen == 100


def test_lists_show_words_and_no_codes(payment, wechat, client, at):
    wechat.trades[payment.reference].word = "PERHAPS"
    wechat.notifies = True
    wechat.tell(wechat.trades[payment.reference])
    wechat.tell(wechat.trades[payment.reference], mchid="1")
    person = staff(at, "view_paymentnotification", name="looker")
    client.force_login(person)
    html = client.get("/admin/orders/payment/", {"look": "1"}).content.decode()
    assert payment.reference in html
    assert "微信支付" in html
    assert payment.reference not in client.get("/admin/orders/payment/", {"provider": "alipay"}).content.decode()
    html = client.get("/admin/orders/paymentnotification/", {"reason": "merchant"}).content.decode()
    assert "其他商户" in html
    html = client.get(page(payment, "change")).content.decode()
    assert "PERHAPS" in html
    assert "待人工处理" in html
