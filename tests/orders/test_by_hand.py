"""What staff pay back and give away by hand, with a second person above the sum of a day (B11, F6, F10, F11)."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from core import actors, approvals
from core.models import Approval
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.after_sale.services.by_hand import pay_back as pay_case_back
from orders.models import AfterSale, Carrier, Payment, PaymentRefund, PaymentState, RefundState
from orders.payments.services import paying
from orders.payments.services.by_hand import accept_payment, settle_refund
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from points.ledger import audit
from points.ledger.queries import balance

ANNA, BERND = actors.staff(9001), actors.staff(9002)


@pytest.fixture(autouse=True)
def limits(parameters):
    parameters["orders.by_hand_approval_above"] = 50
    parameters["points.per_yuan"] = 100


@pytest.fixture
def paid(place, cup, at):
    """``paid(2)`` -> an order of so many cups, 4 yuan's worth of points and 32 yuan each."""

    def do(quantity=1):
        order = place((cup, "mixed", quantity))
        paying.settle(payment_id=order.payments.get().pk, outcome="paid", provider_id="P1", by=ANNA, at=at)
        order.refresh_from_db()
        return order

    return do


@pytest.fixture
def request_for(paid, member, at):
    """``request_for(2)`` -> a request for the money of so many cups, approved."""

    def do(quantity=1, kind="refund"):
        order = paid(quantity)
        number = f"SF{uuid.uuid4().int % 10**12:012d}"
        carrier = Carrier.objects.get(code="shunfeng")
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number, by=ANNA, at=at)
        order.refresh_from_db()
        pieces = {item.pk: item.quantity for item in order.items.all()}
        own = {"form_key": uuid.uuid4(), "by": actors.member(member.pk), "at": at}
        return after_sale.ask(order=order, kind=kind, pieces=pieces, reason="damaged", **own)

    return do


@pytest.fixture
def refused(paid, at):
    """``refused(2)`` -> the payment of an order that was cancelled, and whose provider did not give the cash back."""

    def do(quantity=1):
        order = paid(quantity)
        cancelling.cancel_order(order=order, by=actors.member(order.member_id), at=at)
        PaymentRefund.objects.filter(payment__order=order).update(state=RefundState.REFUSED, next_ask_at=None)
        return order.payments.get()

    return do


@pytest.fixture
def disputed(place, cup, at):
    """``disputed(3000)`` -> a payment of 32 yuan of which that many fen arrived."""

    def do(arrived_fen):
        payment = place((cup, "mixed", 1)).payments.get()
        Payment.objects.filter(pk=payment.pk).update(
            state=PaymentState.DISPUTED, paid_fen=arrived_fen, provider_id="P1", next_ask_at=None
        )
        return payment

    return do


def pay_back(request, at, by=ANNA, **more):
    amounts = {line.item.pk: (line.points, line.fen) for line in queries.offer(request).lines}
    return pay_case_back(case=request, amounts=amounts, answer="sorry", by=by, at=at, **more)


def state_of(row):
    return type(row).objects.get(pk=row.pk).state


def approve(approval, at, by=BERND):
    return approvals.approve(approval=approval, by=by, at=at)


# Refunds of requests


def test_within_the_sum_of_a_day_one_person_pays_back(request_for, at):
    request = request_for(1)
    assert pay_back(request, at) is None
    assert state_of(request) == "settled"
    assert Approval.objects.get().amount == 3600  # the cash, and what the points are worth


def test_above_it_a_second_person_does(request_for, member, at):
    request = request_for(2)
    before = balance(member.pk, at=at).available
    approval = pay_back(request, at)
    assert (approval.amount, state_of(request), balance(member.pk, at=at).available) == (7200, "requested", before)
    with pytest.raises(approvals.AlreadyAsked):
        pay_back(request, at)
    with pytest.raises(approvals.RequesterDecides):
        approve(approval, at, by=ANNA)
    approve(approval, at)
    request.refresh_from_db()
    assert (request.state, request.points, request.fen, request.answer) == ("settled", 800, 6400, "sorry")
    assert balance(member.pk, at=at).available == before + 800
    assert audit.run().breaks == []


def test_goods_are_taken_in_at_once_though_the_refund_waits(request_for, at):
    request = request_for(2, kind="return")
    after_sale.approve(case=request, by=ANNA, at=at, answer="here")
    approval = pay_back(request, at, stock_back="sellable")
    assert (approval.waits, state_of(request)) == (True, "received")
    approve(approval, at)
    assert state_of(request) == "settled"


def test_small_refunds_are_no_way_around(request_for, refused, at):
    assert pay_back(request_for(1), at) is None
    assert pay_back(request_for(1), at).waits
    assert settle_refund(payment=refused(1), by=ANNA, at=at, note="in cash").waits  # the same sum
    assert settle_refund(payment=refused(1), by=BERND, at=at, note="in cash").waits  # and the same member


def test_what_cannot_be_paid_back_is_refused_when_it_is_asked_for(request_for, at):
    request = request_for(2)
    (line,) = queries.offer(request).lines
    with pytest.raises(after_sale.settling.MoreThanPaid):
        pay_case_back(case=request, amounts={line.item.pk: (801, 6400)}, by=ANNA, at=at)
    assert not Approval.objects.exists()


def test_a_request_that_was_refused_meanwhile_is_not_paid_back(request_for, at):
    request = request_for(2)
    approval = pay_back(request, at)
    after_sale.refuse(case=request, answer="no", by=ANNA, at=at)
    with pytest.raises(after_sale.moving.CaseMoveNotAllowed):
        approve(approval, at)
    assert AfterSale.objects.get().points == 0


def test_nobody_decides_on_their_own_request(request_for, member, at):
    request, own = request_for(2), actors.staff(member.pk)
    with pytest.raises(approvals.OwnGain):
        pay_back(request, at, by=own)
    with pytest.raises(approvals.OwnGain):
        approve(pay_back(request, at), at, by=own)
    with pytest.raises(approvals.OwnGain):
        after_sale.refuse(case=request, answer="no", by=own, at=at)
    assert state_of(request) == "requested"


# Payments


def test_a_refund_settled_by_hand(refused, at):
    small, large = refused(1), refused(2)
    assert settle_refund(payment=small, by=ANNA, at=at, note="in cash") is None
    assert state_of(small) == PaymentState.REFUNDED
    approval = settle_refund(payment=large, by=ANNA, at=at, note="by transfer")
    assert (approval.amount, large.refunds.get().state) == (6400, RefundState.REFUSED)
    approve(approval, at)
    assert state_of(large) == PaymentState.REFUNDED
    assert large.refunds.get().note == "by transfer"
    with pytest.raises(paying.NothingToRefund):
        settle_refund(payment=large, by=ANNA, at=at, note="again")


def test_a_refund_that_came_through_meanwhile_is_not_settled_again(refused, at):
    payment = refused(2)
    approval = settle_refund(payment=payment, by=ANNA, at=at, note="in cash")
    payment.refunds.update(state=RefundState.DONE, done_at=at)
    with pytest.raises(approvals.Outdated):
        approve(approval, at)


@pytest.mark.parametrize(("arrived", "missing"), [(3000, 200), (5000, 0)])
def test_what_is_missing_of_a_payment_counts(disputed, at, arrived, missing):
    payment = disputed(arrived)
    assert accept_payment(payment=payment, by=ANNA, at=at, note="let it go") is None
    assert state_of(payment) == PaymentState.PAID
    assert Approval.objects.get().amount == missing
    with pytest.raises(paying.NotDisputed):
        accept_payment(payment=payment, by=ANNA, at=at, note="again")


def test_a_payment_of_nearly_nothing_needs_a_second_person(disputed, parameters, at):
    parameters["orders.by_hand_approval_above"] = 30
    payment = disputed(1)
    approval = accept_payment(payment=payment, by=ANNA, at=at, note="a friend")
    assert (approval.amount, state_of(payment)) == (3199, PaymentState.DISPUTED)
    approve(approval, at)
    assert state_of(payment) == PaymentState.PAID


# Coupons


def test_two_people_pay_back_on_the_pages(client, request_for, django_user_model, at):
    def sign_in(name, *codes):
        person, _new = django_user_model.objects.get_or_create(
            username=name, defaults={"is_staff": True, "date_joined": at}
        )
        person.user_permissions.set(Permission.objects.filter(codename__in=codes))
        client.force_login(django_user_model.objects.get(pk=person.pk))

    request = request_for(2)
    (line,) = queries.offer(request).lines
    sign_in("anna", "settle_aftersale", "view_aftersale", "approve_by_hand")
    url = reverse("admin:orders_aftersale_settle", args=[request.pk])
    form = {f"points_{line.item.pk}": 800, f"yuan_{line.item.pk}": "64", "answer": "sorry"}
    answer = client.post(url, form)
    approval = Approval.objects.get()
    assert answer.url == reverse("admin:core_approval_change", args=[approval.pk])
    assert "保温杯" in client.get(answer.url).content.decode()
    decide = reverse("admin:core_approval_approve", args=[approval.pk])
    assert client.post(decide).status_code == 403
    sign_in("bernd", "approve_by_hand")
    assert "64" in client.get(decide).content.decode()
    assert client.post(decide).status_code == 302
    assert state_of(request) == "settled"
