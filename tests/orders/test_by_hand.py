"""What staff pay back and give away by hand, with a second person above the sum of a day (B11, F6, F10, F11)."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from core import actors, approvals
from core.models import Approval, OutboxMessage
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.after_sale.services.by_hand import pay_back as pay_case_back
from orders.coupons.services import coupons
from orders.coupons.services.by_hand import GIFT_TOPIC, give_coupons, hand_out
from orders.models import AfterSale, Carrier, Coupon, CouponType, Payment, PaymentRefund, PaymentState, RefundState
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


@pytest.fixture
def make_type(db, at):
    def make(code="off20", **fields):
        fields = {"name": "减20", "kind": "cash_off", "off_fen": 2000, "valid_days": 30} | fields
        return coupons.save_type(coupon_type=CouponType(code=code, **fields), by=ANNA, at=at)

    return make


def pay_back(request, at, by=ANNA, **more):
    amounts = {line.item.pk: (line.points, line.fen) for line in queries.offer(request).lines}
    return pay_case_back(case=request, amounts=amounts, answer="sorry", by=by, at=at, **more)


def gift(kind, members, at, by=ANNA, key="k"):
    approval, _given = give_coupons(coupon_type=kind, members=members, key=key, by=by, at=at)
    return approval


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


def test_coupons_count_what_they_are_worth(make_type, make_member, at, committing):
    kind, people = make_type(), [make_member(points=0).pk for _ in range(3)]
    few, given = give_coupons(coupon_type=kind, members=people[:2], key="k", by=ANNA, at=at)
    assert (few.waits, given.count) == (False, 2)
    many = gift(kind, people, at, by=BERND, key="l")
    assert (many.waits, many.amount, Coupon.objects.count()) == (True, 6000, 2)
    with committing():
        approve(many, at, by=ANNA)
    assert Coupon.objects.filter(by=BERND).count() == 1  # the others have had as many as one may have
    with pytest.raises(Approval.DoesNotExist):
        hand_out(approval=gift(kind, people, at, by=BERND, key="m"), at=at)


@pytest.mark.parametrize(
    ("fields", "worth"),
    [
        ({}, 2000),
        ({"kind": "free_shipping", "off_fen": 0}, 1500),
        ({"kind": "member_day", "off_fen": 0, "percent": 10, "points_price": 700}, 700),
    ],
)
def test_the_worth_of_a_coupon(make_type, member, parameters, at, fields, worth):
    parameters["orders.coupon_worth"] = 15
    assert gift(make_type(**fields), [member.pk], at).amount == worth


def test_a_gift_is_one_act_however_often_the_form_comes(make_type, member, at):
    kind = make_type()
    assert gift(kind, [member.pk], at).pk == gift(kind, [member.pk], at).pk
    _approval, given = give_coupons(coupon_type=kind, members=[member.pk], key="k", by=ANNA, at=at)
    assert (given.count, Coupon.objects.count()) == (1, 1)
    refused = gift(make_type("off90", off_fen=9000), [member.pk], at, key="l")
    approvals.refuse(approval=refused, by=BERND, at=at, answer="no")
    with pytest.raises(approvals.AlreadyDecided):
        gift(kind, [member.pk], at, key="l")


def test_nobody_gives_a_coupon_to_themselves(make_type, member, at):
    with pytest.raises(approvals.OwnGain):
        gift(make_type(), [member.pk], at, by=actors.staff(member.pk))


def test_a_coupon_that_became_dearer_meanwhile_is_not_given(make_type, member, at):
    kind = make_type(off_fen=6000)
    approval = gift(kind, [member.pk], at)
    kind.off_fen = 60_000
    coupons.save_type(coupon_type=kind, by=ANNA, at=at)
    with pytest.raises(approvals.Outdated):
        approve(approval, at)


@pytest.fixture
def change(at):
    """``change(kind, off_fen=1)`` writes the type anew."""

    def do(coupon_type, **fields):
        coupon_type = CouponType.objects.get(pk=coupon_type.pk)
        for name, value in fields.items():
            setattr(coupon_type, name, value)
        return coupons.save_type(coupon_type=coupon_type, by=ANNA, at=at)

    return do


@pytest.mark.parametrize("later", [False, True])
def test_a_gift_that_fails_leaves_no_approval(make_type, change, member, at, later):
    kind = make_type(off_fen=100, is_active=False)
    act = {"coupon_type": kind, "members": [member.pk], "key": "k", "by": ANNA, "at": at, "later": later}
    with pytest.raises(coupons.CouponNotOffered):
        give_coupons(**act)
    assert not Approval.objects.exists()
    change(kind, off_fen=10_000_000, is_active=True)
    approval, given = give_coupons(**act)  # asked anew, for what it is now
    assert (approval.waits, approval.amount, given) == (True, 10_000_000, None)
    assert not Coupon.objects.exists()


def test_a_failed_form_that_comes_again_asks_anew(client, make_type, change, member, django_user_model):
    kind = make_type(off_fen=100, is_active=False)
    client.force_login(django_user_model.objects.create_superuser("boss", "boss-demo-1"))
    url = reverse("admin:orders_coupontype_give", args=[kind.pk])
    form = {"form_key": uuid.uuid4(), "names": member.phone}
    assert client.post(url, form).status_code == 200
    change(kind, off_fen=10_000_000, is_active=True)
    answer = client.post(url, form)
    assert answer.url == reverse("admin:core_approval_change", args=[Approval.objects.get().pk])
    assert not Coupon.objects.exists()


CHANGES = [
    {"off_fen": 10_000_000},
    {"minimum_fen": 100},
    {"valid_days": 3000},
    {"kind": "free_shipping", "off_fen": 0},
    {"is_active": False},
]


@pytest.mark.parametrize("fields", CHANGES)
def test_a_gift_in_the_background_is_what_was_asked_for(make_type, change, member, at, fields):
    kind = make_type(minimum_fen=5000)
    approval, _given = give_coupons(coupon_type=kind, members=[member.pk], key="k", by=ANNA, at=at, later=True)
    assert approval.state == Approval.State.DONE
    change(kind, **fields)
    with pytest.raises((approvals.Outdated, coupons.CouponNotOffered)):
        hand_out(approval=approval, at=at)
    assert not Coupon.objects.exists()
    assert CouponType.objects.get().issued == 0


def test_an_approved_gift_is_what_was_approved(make_type, change, member, at):
    kind = make_type(off_fen=6000)
    approval = gift(kind, [member.pk], at)
    change(kind, is_active=False)
    with pytest.raises(coupons.CouponNotOffered):
        approve(approval, at)
    change(kind, is_active=True)
    approve(approval, at)
    change(kind, off_fen=10_000_000)
    with pytest.raises(approvals.Outdated):
        hand_out(approval=approval, at=at)
    change(kind, off_fen=6000)
    assert hand_out(approval=approval, at=at).count == 1


def test_each_chunk_of_a_gift_is_what_was_asked_for(make_type, change, make_member, at, monkeypatch):
    monkeypatch.setattr(coupons, "CHUNK", 1)
    kind, people = make_type(), [make_member(points=0).pk for _ in range(2)]
    approval, given = give_coupons(coupon_type=kind, members=people, key="k", by=ANNA, at=at)
    assert (given, OutboxMessage.objects.filter(topic=GIFT_TOPIC).count()) == (None, 1)  # too many for one transaction

    def and_change(*args, tell=coupons._tell, **options):
        tell(*args, **options)
        change(kind, off_fen=10_000_000)

    monkeypatch.setattr(coupons, "_tell", and_change)
    with pytest.raises(approvals.Outdated):
        hand_out(approval=approval, at=at)
    assert list(Coupon.objects.values_list("member_id", "off_fen")) == [(min(people), 2000)]


def test_what_is_given_is_read_under_the_lock(make_type, change, member, at, monkeypatch):
    """Somebody changes the type after the gift has read it, and before the gift holds its row."""
    kind = make_type()

    def change_first(*args, count=coupons._count):
        change(kind, off_fen=10_000_000)
        count(*args)

    monkeypatch.setattr(coupons, "_count", change_first)
    with pytest.raises(approvals.Outdated):
        gift(kind, [member.pk], at)
    assert not Coupon.objects.exists()
    assert not Approval.objects.exists()


# On the pages


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


def test_a_gift_to_a_tier_waits_on_the_page(client, make_type, make_member, parameters, django_user_model, committing):
    parameters["orders.by_hand_approval_above"] = 30
    kind, people = make_type(), {make_member(points=0).pk for _ in range(2)}
    client.force_login(django_user_model.objects.create_superuser("boss", "boss-demo-1"))
    url = reverse("admin:orders_coupontype_give", args=[kind.pk])
    answer = client.post(url, {"form_key": uuid.uuid4(), "tier": "normal"})
    approval = Approval.objects.get()
    assert answer.url == reverse("admin:core_approval_change", args=[approval.pk])
    late = make_member(points=0).pk
    client.force_login(django_user_model.objects.create_superuser("other", "other-demo-1"))
    with committing():
        client.post(reverse("admin:core_approval_approve", args=[approval.pk]))
    given = set(Coupon.objects.values_list("member_id", flat=True))
    assert people <= given
    assert late not in given
