"""Coupons: had, used, given back, withdrawn, ended (F11)."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import Notice
from accounts.services import create_member
from core import actors
from core.models import AuditEvent
from orders.coupons import queries
from orders.coupons.services import coupons
from orders.models import Coupon, CouponClaim, CouponType
from orders.placing.services import cancelling
from points import ledger
from points.ledger import audit
from points.ledger.queries import balance
from tests.core.tables.conftest import xlsx
from tests.orders.conftest import STAFF


@pytest.fixture
def make_type(db, at):
    def make(code="off10", **fields):
        fields = {
            "name": "满50减10",
            "kind": "cash_off",
            "off_fen": 1000,
            "valid_days": 30,
            "points_price": 800,
        } | fields
        return coupons.save_type(coupon_type=CouponType(code=code, **fields), by=STAFF, at=at)

    return make


@pytest.fixture
def redeem(member, at):
    def do(coupon_type, **options):
        options = {"member": member, "form_key": uuid.uuid4(), "by": actors.member(member.pk), "at": at} | options
        return coupons.redeem(coupon_type=coupon_type, **options)

    return do


@pytest.fixture
def lamp(make_sku):
    """50 yuan cash."""
    return make_sku("LAMP", name="台灯", cash_fen=5000)


def test_points_buy_a_coupon(make_type, redeem, member, at):
    coupon = redeem(make_type())
    assert (coupon.state, coupon.points, coupon.off_fen, coupon.source) == ("unused", 800, 1000, "points")
    assert coupon.expires_at > at + timedelta(days=29)
    assert balance(member.pk, at=at).available == 4200
    assert CouponType.objects.get().issued == 1
    assert audit.run().breaks == []


def test_the_same_form_twice_is_one_coupon(make_type, redeem, member, at):
    kind, key = make_type(per_member=None), uuid.uuid4()
    assert redeem(kind, form_key=key) == redeem(kind, form_key=key)
    assert balance(member.pk, at=at).available == 4200
    assert CouponClaim.objects.get().count == 1


def test_the_same_form_for_another_type_is_another_coupon(make_type, redeem, member, at):
    key = uuid.uuid4()
    first, second = redeem(make_type(), form_key=key), redeem(make_type("off20", points_price=100), form_key=key)
    assert first != second
    assert balance(member.pk, at=at).available == 4100
    coupons.revoke(coupon=second, by=STAFF, at=at, reason="x")
    assert balance(member.pk, at=at).available == 4200


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"is_active": False}, coupons.CouponNotOffered),
        ({"points_price": None}, coupons.CouponNotOffered),
        ({"points_price": 5001}, ledger.NotEnoughPoints),
        ({"total": 0}, coupons.CouponsGone),
        ({"offered_from": timedelta(seconds=1)}, coupons.CouponNotOffered),
        ({"offered_until": timedelta()}, coupons.CouponNotOffered),
        ({"valid_days": None, "valid_until": timedelta()}, coupons.CouponNotOffered),
    ],
)
def test_what_is_refused_leaves_everything(make_type, redeem, member, at, fields, error):
    fields = {name: at + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    kind = make_type(**fields)
    with pytest.raises(error) as refused:
        redeem(kind)
    assert str(refused.value)
    assert not Coupon.objects.exists()
    assert not CouponClaim.objects.filter(count__gt=0).exists()
    assert balance(member.pk, at=at).available == 5000
    assert CouponType.objects.get().issued == 0


def test_limits(make_type, redeem, make_member, at):
    kind = make_type(per_member=2, total=3)
    redeem(kind)
    redeem(kind)
    with pytest.raises(coupons.CouponLimitReached):
        redeem(kind)
    redeem(kind, member=make_member())
    with pytest.raises(coupons.CouponsGone) as gone:
        redeem(kind, member=make_member())
    assert gone.value.details["left"] == 0
    assert CouponType.objects.get().issued == 3


def test_an_activity_gives_for_nothing(make_type, member, at):
    kind = make_type(points_price=None)
    give = {"coupon_type": kind, "member": member, "key": "lottery:7", "by": actors.system("lottery"), "at": at}
    first = coupons.give(**give)
    assert coupons.give(**give) == first
    assert (first.source, first.points) == ("activity", 0)
    assert balance(member.pk, at=at).available == 5000


def test_staff_give_many_once(make_type, make_member, at, monkeypatch):
    monkeypatch.setattr(coupons, "CHUNK", 2)
    kind = make_type()
    ids = [make_member(points=0).pk for _n in range(5)]
    coupons.give(coupon_type=kind, member=Coupon.member.field.related_model(pk=ids[0]), key="x", by=STAFF, at=at)
    given = coupons.give_many(coupon_type=kind, members=ids, key="staff:1", by=STAFF, at=at)
    assert (given.count, given.skipped) == (4, (ids[0],))
    again = coupons.give_many(coupon_type=kind, members=ids, key="staff:1", by=STAFF, at=at)
    assert again.count == 0
    assert CouponType.objects.get().issued == 5
    assert sorted(Coupon.objects.values_list("member_id", flat=True)) == sorted(ids)


def test_terms_stay_those_that_were_given(make_type, redeem, at):
    kind = make_type()
    coupon = redeem(kind)
    kind.off_fen = 1
    coupons.save_type(coupon_type=kind, by=STAFF, at=at, changed=["off_fen"])
    assert Coupon.objects.get(pk=coupon.pk).off_fen == 1000
    assert CouponType.objects.get().issued == 1  # not set back by the form


# With an order


def test_an_order_uses_it_and_a_cancellation_gives_it_back(make_type, redeem, place, lamp, at):
    coupon = redeem(make_type())
    order = place((lamp, "cash", 1), coupons=(coupon.pk,))
    coupon.refresh_from_db()
    assert (coupon.state, coupon.order, coupon.used_at) == ("used", order, at)
    assert (order.cash_fen, order.goods_fen, order.discount_fen) == (4000, 5000, 1000)
    assert order.items.get().paid.fen == 4000
    order = cancelling.cancel_order(order=order, by=actors.member(order.member_id), at=at)
    assert order.returned["coupons"] == 1
    coupon.refresh_from_db()
    assert (coupon.state, coupon.order, coupon.used_at) == ("unused", None, None)
    assert AuditEvent.objects.filter(event="coupon.given_back", subject=coupon.subject).count() == 1
    assert place((lamp, "cash", 1), coupons=(coupon.pk,)).cash_fen == 4000


def test_nobody_elses_and_nothing_over(make_type, redeem, make_member, place, lamp, at):
    kind = make_type(per_member=None)
    theirs, mine = redeem(kind, member=make_member()), redeem(kind)
    assert place((lamp, "cash", 1), coupons=(theirs.pk, 10**12)).cash_fen == 5000
    order = place((lamp, "cash", 1))
    with pytest.raises(coupons.CouponNotUsable):
        coupons.use(order=order, coupons=[theirs.pk], by=STAFF, at=at)
    with pytest.raises(coupons.CouponNotUsable):
        coupons.use(order=order, coupons=[mine.pk], by=STAFF, at=mine.expires_at)
    coupons.use(order=order, coupons=[mine.pk], by=STAFF, at=mine.expires_at - timedelta(microseconds=1))
    with pytest.raises(coupons.CouponNotUsable):
        coupons.use(order=order, coupons=[mine.pk], by=STAFF, at=at)


@pytest.mark.parametrize(("grace", "state", "days"), [(7, "unused", 7), (0, "expired", None)])
def test_given_back_after_its_end(make_type, redeem, place, lamp, at, parameters, grace, state, days):
    parameters["orders.coupon_grace"] = grace
    coupon = redeem(make_type())
    order = place((lamp, "cash", 1), coupons=(coupon.pk,))
    late = coupon.expires_at + timedelta(days=1)
    back = coupons.give_back(order=order, by=STAFF, at=late)
    assert [each.state for each in back] == [state]
    assert coupons.give_back(order=order, by=STAFF, at=late) == []
    if days:
        assert back[0].expires_at == late + timedelta(days=days)


def test_an_order_that_costs_nothing_is_shipped(make_type, redeem, place, lamp, at):
    coupon = redeem(make_type(off_fen=9000))
    order = place((lamp, "cash", 1), coupons=(coupon.pk,), provider=None)
    assert (order.points, order.cash_fen, order.state, order.paid_at) == (0, 0, "to_ship", at)
    assert order.items.get().paid.fen == 0
    assert audit.run().breaks == []
    cancelling.cancel_order(order=order, by=STAFF, at=at)
    assert Coupon.objects.get().state == "unused"


# The end


def test_the_sweep_marks_what_the_clock_has_ended(make_type, redeem, at):
    coupon = redeem(make_type())
    assert coupons.end(at=coupon.expires_at - timedelta(microseconds=1)) == 0
    assert coupons.end(at=coupon.expires_at) == 1
    assert coupons.end(at=coupon.expires_at) == 0
    assert Coupon.objects.get().state == "expired"


def test_a_withdrawn_coupon_gives_its_points_back(make_type, redeem, member, at):
    coupon = redeem(make_type())
    coupons.revoke(coupon=coupon, by=STAFF, at=at, reason="登记有误")
    assert balance(member.pk, at=at).available == 5000
    with pytest.raises(coupons.CouponNotUnused):
        coupons.revoke(coupon=coupon, by=STAFF, at=at, reason="again")
    assert balance(member.pk, at=at).available == 5000
    assert audit.run().breaks == []


# Pages


def test_the_page_tells_what_is_there(signed_in, make_type, redeem, member, at):
    had = make_type()
    make_type("ship", name="免运费券", kind="free_shipping", off_fen=0, points_price=99_999)
    make_type("hidden", name="内部券", points_price=None)
    redeem(had)
    page = signed_in.get(reverse("orders:coupons")).content.decode()
    assert "满50减10" in page
    assert "免运费券" in page
    assert "内部券" not in page
    usable, past = queries.coupons_of(member, at=at)
    assert (len(usable), len(past)) == (1, 0)
    usable, past = queries.coupons_of(member, at=usable[0].coupon.expires_at)
    assert (len(usable), past[0].state) == (0, "expired")  # by the clock, before any sweep


def test_redeeming_on_the_page(signed_in, make_type, member, at):
    kind = make_type()
    url, key = reverse("orders:coupon_redeem", args=[kind.pk]), uuid.uuid4()
    for _n in range(2):
        assert signed_in.post(url, {"form_key": key}).url == reverse("orders:coupons")
    assert Coupon.objects.count() == 1
    assert signed_in.post(url, {"form_key": "x"}).status_code == 302
    assert signed_in.post(reverse("orders:coupon_redeem", args=[10**9]), {"form_key": key}).status_code == 404


# Staff


@pytest.fixture
def boss(admin_client):
    return admin_client


def test_staff_keep_types(boss, db):
    data = {
        "code": "day", "name": "会员日9折", "name_en": "", "kind": "member_day", "percent": 10, "per_member": 1,
        "points_price": 500, "valid_days": 30, "is_active": "on", "position": 0,
    }  # fmt: skip
    url = reverse("admin:orders_coupontype_add")
    assert boss.post(url, data | {"off_fen": "5"}).status_code == 200  # another kind's figure
    assert boss.post(url, data | {"valid_days": ""}).status_code == 200
    assert boss.post(url, data).status_code == 302
    kind = CouponType.objects.get()
    assert (kind.percent, kind.off_fen, kind.minimum_fen) == (10, 0, 0)
    assert boss.get(reverse("admin:orders_coupontype_changelist")).status_code == 200
    assert boss.get(reverse("admin:orders_coupontype_change", args=[kind.pk])).status_code == 200
    assert AuditEvent.objects.filter(event="coupon_type.created").exists()


def test_staff_give_to_a_list_a_file_or_a_tier(boss, make_type, make_member, committing):
    from django.core.files.uploadedfile import SimpleUploadedFile

    kind = make_type(per_member=None)
    one, two = make_member(points=0), make_member(points=0)
    url = reverse("admin:orders_coupontype_give", args=[kind.pk])
    assert boss.get(url).status_code == 200
    assert boss.post(url, {"form_key": uuid.uuid4()}).status_code == 200
    refused = boss.post(url, {"form_key": uuid.uuid4(), "names": f"{one.phone}\n13100000000"})
    assert "13100000000" in refused.content.decode()
    assert not Coupon.objects.exists()
    assert boss.post(url, {"form_key": uuid.uuid4(), "names": one.phone, "reason": "道歉"}).status_code == 302
    file = SimpleUploadedFile("m.csv", f"{one.phone},x\n{two.phone},y\n".encode())
    assert boss.post(url, {"form_key": uuid.uuid4(), "file": file}).status_code == 302
    assert Coupon.objects.count() == 3
    book = SimpleUploadedFile("m.xlsx", xlsx(["手机号"], [int(one.phone.removeprefix("+86"))], [None], [two.phone]))
    assert boss.post(url, {"form_key": uuid.uuid4(), "file": book}).status_code == 302
    assert Coupon.objects.count() == 5
    for wrong in (b"1.38E+10\n", b"\xff"):
        broken = SimpleUploadedFile("m.csv", wrong)
        assert boss.post(url, {"form_key": uuid.uuid4(), "file": broken}).context["form"].errors["file"]
    with committing():
        assert boss.post(url, {"form_key": uuid.uuid4(), "tier": "normal"}).status_code == 302


@pytest.mark.parametrize(("reason", "told"), [("包裹晚到，抱歉。", "：包裹晚到，抱歉。"), ("  ", "“满减券”")])
def test_the_reason_of_a_gift_is_told(boss, make_type, make_member, reason, told):
    kind, member = make_type(name="满减券"), make_member(points=0)
    url = reverse("admin:orders_coupontype_give", args=[kind.pk])
    boss.post(url, {"form_key": uuid.uuid4(), "names": member.phone, "reason": reason})
    with translation.override("zh-hans"):
        text = Notice.objects.get(member=member, title="A coupon for you").shown_text
    assert told in text
    assert "。。" not in text
    assert "%(" not in text


def test_a_tiers_members(make_member):
    member = make_member(points=0)
    assert member.pk in queries.members_of_tier("normal")
    assert member.pk not in queries.members_of_tier("gold")


def test_staff_withdraw(boss, make_type, redeem, member, at):
    coupon = redeem(make_type())
    url = reverse("admin:orders_coupon_revoke", args=[coupon.pk])
    assert boss.get(url).status_code == 200
    assert boss.post(url, {"reason": "登记有误"}).status_code == 302
    assert Coupon.objects.get().state == "revoked"
    assert boss.post(url, {"reason": "登记有误"}).status_code in {302, 403}
    assert balance(member.pk, at=at).available == 5000


@pytest.mark.parametrize("page", ["orders_coupontype_give", "orders_coupon_revoke"])
def test_acts_need_their_permission(client, make_type, redeem, django_user_model, page):
    coupon = redeem(make_type())
    helper = create_member(phone="+8613911111111", by=STAFF, at=coupon.issued_at)
    django_user_model.objects.filter(pk=helper.pk).update(is_staff=True)
    client.force_login(helper)
    pk = coupon.type_id if "type" in page else coupon.pk
    assert client.post(reverse(f"admin:{page}", args=[pk]), {"reason": "x"}).status_code == 403
