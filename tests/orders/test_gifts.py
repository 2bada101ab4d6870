"""Coupons that staff give away: counted, given as they were approved, once for each form."""

import uuid

import pytest
from django.urls import reverse

from core import actors, approvals
from core.models import Approval, OutboxMessage
from orders.coupons.services import coupons
from orders.coupons.services.by_hand import GIFT_TOPIC, give_coupons, hand_out
from orders.models import Coupon, CouponType
from tests.orders.test_by_hand import ANNA, BERND, approve, limits, state_of  # noqa: F401 - limits is a fixture


@pytest.fixture
def make_type(db, at):
    def make(code="off20", **fields):
        fields = {"name": "减20", "kind": "cash_off", "off_fen": 2000, "valid_days": 30} | fields
        return coupons.save_type(coupon_type=CouponType(code=code, **fields), by=ANNA, at=at)

    return make


def gift(kind, members, at, by=ANNA, key="k"):
    approval, _given = give_coupons(coupon_type=kind, members=members, key=key, by=by, at=at)
    return approval


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
