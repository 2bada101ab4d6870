"""The staff's first page and sidebar."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from accounts.services import create_member, save_address
from catalog.services import products
from core import actors, clock
from orders.models import Payment, PaymentState
from orders.placing.rules.pricing import Choice
from orders.placing.services import placing
from points import ledger

pytestmark = pytest.mark.django_db
ACT = {"by": actors.system("test"), "at": clock.now()}


@pytest.fixture
def staff(client):
    person = User.objects.create_superuser("admin", "admin-demo-1", date_joined=clock.now())
    client.force_login(person)
    return person


def an_order_to_ship():
    category = products.create_category(code="home", name="家居", **ACT)
    skus = [{"code": "CUP", "points_price": 100, "stock": 2}]
    product = products.create_product(category=category, name="保温杯", skus=skus, listed=True, **ACT)
    member = create_member(phone="+8613900000001", **ACT)
    address = save_address(
        member=member, name="林晓雯", phone="+8613900000001", region_code="110105", detail="望京1号楼", **ACT
    )
    ledger.earn(account=member.pk, points=500, kind="campaign", key="gift", **ACT)
    choices = (Choice(product.skus.get().pk, "points", 1),)
    new = placing.NewOrder(member=member, choices=choices, address=address, form_key=placing_key())
    return placing.place_order(new=new, **ACT)


def placing_key():
    return "7f3a21c8-0000-4000-8000-000000000001"


def test_work_that_waits_comes_first(client, staff):
    order = an_order_to_ship()
    page = client.get("/admin/").content.decode()
    assert "待办" in page
    assert order.number in page
    assert "保温杯" in page  # two pieces left, the threshold is five


def test_money_and_points_of_today_and_of_seven_days(client, staff):
    now = clock.now()
    order = an_order_to_ship()
    for number, days in enumerate((6, 7), start=2):
        at = clock.day_end(now, -days)
        member = create_member(phone=f"+861390000000{number}", by=ACT["by"], at=at)
        for key, moment in (("first", at - timedelta(seconds=1)), ("second", at)):
            ledger.earn(account=member.pk, points=1000, kind="campaign", key=key, by=ACT["by"], at=moment)
    for number, at in enumerate((clock.now(), clock.day_end(now, -3), clock.day_end(now, -8))):
        state = PaymentState.PAID if number == 0 else PaymentState.REFUNDED
        paid = {"amount_fen": 1250, "state": state, "created_at": at, "paid_at": at}
        Payment.objects.create(order=order, provider="sandbox", reference=f"P{number}", **paid)
    figures = [(figure["today"], figure["week"]) for figure in client.get("/admin/").context["figures"]]
    assert figures == [(1, 1), ("¥12.50", "¥25.00"), ("100", "100"), ("500", "3,500")]


def test_an_empty_list_offers_a_new_row_only_where_one_can_be_added(client, staff):
    for url, can_add in (("/admin/orders/coupon/", False), ("/admin/orders/coupontype/", True)):
        page = client.get(url).content.decode()
        assert "这里还没有内容。" in page
        assert "可以新增一条" not in page
        assert (f'href="{url}add/"' in page) is can_add
    page = client.get("/admin/orders/coupon/?q=x").content.decode()
    assert "没有符合条件的内容。" in page
    assert "清除筛选" in page


def test_forms_have_the_styles_of_the_mall(client, staff):
    assert "css/staff" in client.get("/admin/orders/coupontype/add/").content.decode()


def test_nothing_waits(client, staff):
    page = client.get("/admin/").content.decode()
    assert "订单都已发出。" in page
    assert "库存都充足。" in page


def test_the_badge_counts_and_is_gone_when_nothing_waits(client, staff):
    assert "data-waiting" not in client.get("/admin/").content.decode()
    an_order_to_ship()
    assert "data-waiting" in client.get("/admin/").content.decode()


def test_staff_see_only_what_they_may(client):
    person = create_member(username="packer", password="packer-demo-1", **ACT)
    person.is_staff = True
    person.save()
    person.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(person)
    page = client.get("/admin/").content.decode()
    assert "待发货订单" in page
    assert "库存不足" not in page
    assert "/admin/points/" not in page


def test_staff_need_no_username(client):
    person = create_member(phone="+8613900000002", **ACT)
    person.is_staff = True
    person.full_clean()
    person.save()
    client.force_login(person)
    assert client.get("/admin/").status_code == 200
    person.refresh_from_db()
    assert person.username is None


@pytest.mark.parametrize("model", ["core/auditevent", "core/outboxmessage", "points/pointsaccount", "orders/payment"])
def test_staff_lists_open(client, staff, model):
    an_order_to_ship()
    assert client.get(f"/admin/{model}/").status_code == 200
