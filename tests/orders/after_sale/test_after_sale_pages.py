"""The pages of after-sale requests: whose they are, what they take, and that an act is one service call (F10)."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core import actors, clock
from core.models import AuditEvent
from orders.after_sale import services as after_sale
from orders.after_sale.services import receiving, requesting
from orders.models import AfterSale, OrderState
from orders.shipping.services import shipping
from tests.orders.after_sale.conftest import STAFF, available, picture
from tests.orders.pages.test_admin import staff


@pytest.fixture
def order(shipped, cup):
    return shipped((cup, "points", 2))


def form_of(order, **fields):
    (item,) = order.items.all()
    return {"form_key": uuid.uuid4(), "kind": "return", "reason": "damaged", f"pieces_{item.pk}": 1} | fields


def ask_url(order):
    return reverse("orders:after_sale_ask", args=[order.number])


def upload(kind="JPEG"):
    return SimpleUploadedFile("a.jpg", picture(kind=kind).read(), "image/jpeg")


# Members


def test_a_member_asks_with_pictures(signed_in, order):
    assert ask_url(order) in signed_in.get(order.get_absolute_url()).content.decode()
    assert signed_in.get(ask_url(order)).status_code == 200
    response = signed_in.post(ask_url(order), form_of(order, text="杯盖裂了", pictures=[upload(), upload("PNG")]))
    request = AfterSale.objects.get()
    assert response.url == request.get_absolute_url()
    assert (request.items.get().quantity, request.text, request.pictures.count()) == (1, "杯盖裂了", 2)
    html = signed_in.get(response.url).content.decode()
    for kept in request.pictures.all():
        url = reverse("orders:after_sale_picture", args=[request.number, kept.pk])
        assert url in html
        sent = signed_in.get(url)
        assert (sent.status_code, sent["Content-Type"]) == (200, "image/webp")
        assert "private" in sent["Cache-Control"]
    page = signed_in.get(order.get_absolute_url()).content.decode()
    assert request.get_absolute_url() in page
    assert ask_url(order) not in page


@pytest.mark.parametrize(
    "wrong", [{"kind": "unshipped"}, {"kind": ""}, {"reason": ""}, {"form_key": "x"}, {"text": "长" * 501}]
)
def test_what_the_form_does_not_take_stays_in_it(signed_in, order, wrong):
    response = signed_in.post(ask_url(order), form_of(order, **wrong))
    assert response.status_code == 422
    assert response.context["form"].errors
    assert not AfterSale.objects.exists()


def test_more_pieces_than_there_are(signed_in, order):
    (item,) = order.items.all()
    for quantity in ("3", "-1", "x", "0", "1" * 30):
        response = signed_in.post(ask_url(order), form_of(order, **{f"pieces_{item.pk}": quantity}))
        assert response.status_code == 422
    assert not AfterSale.objects.exists()


def test_a_file_that_is_no_picture(signed_in, order):
    response = signed_in.post(ask_url(order), form_of(order, pictures=SimpleUploadedFile("a.jpg", b"<svg>")))
    assert response.status_code == 422
    assert response.context["form"].non_field_errors()
    assert not AfterSale.objects.exists()


def kept_by(response):
    """The token of pictures that wait, as the form carries it."""
    return re.search(r'name="kept"\s+value="([0-9a-f]{32})"', response.content.decode())[1]


def test_pictures_of_a_form_that_comes_back_are_not_chosen_again(signed_in, order, private):
    first = signed_in.post(ask_url(order), form_of(order, reason="", pictures=[upload(), upload("PNG")]))
    assert "2张图片" in first.content.decode()
    second = signed_in.post(ask_url(order), form_of(order, reason="", kept=kept_by(first), pictures=upload()))
    assert "3张图片" in second.content.decode()
    third = signed_in.post(ask_url(order), form_of(order, text="长" * 501, kept=kept_by(second)))
    signed_in.post(ask_url(order), form_of(order, kept=kept_by(third)))
    assert AfterSale.objects.get().pictures.count() == 3
    assert not list(private.glob("after-sale-kept/*/*"))


def test_kept_pictures_are_their_members_alone(signed_in, order, make_member):
    token = kept_by(signed_in.post(ask_url(order), form_of(order, reason="", pictures=upload())))
    other, owner = make_member(), order.member
    assert after_sale.kept.find(member=other, token=token) == []
    for wrong in ("", "../" * 4, "0" * 32, f"{token}/..", "*"):
        assert after_sale.kept.find(member=owner, token=wrong) == []
    assert len(after_sale.kept.find(member=owner, token=token)) == 1


def test_kept_pictures_are_bounded_in_number_and_time(signed_in, order, private, at):
    for _again in range(3):
        signed_in.post(ask_url(order), form_of(order, reason="", pictures=[upload(), upload()]))
    assert len(list(private.glob("after-sale-kept/*/*"))) == 2
    many = signed_in.post(ask_url(order), form_of(order, reason="", pictures=[upload()] * 20))
    assert many.context["form"].errors["pictures"]
    now = clock.now()
    after_sale.kept.sweep(at=now + after_sale.kept.KEPT - timedelta(minutes=1))
    assert len(list(private.glob("after-sale-kept/*/*"))) == 2
    after_sale.kept.sweep(at=now + after_sale.kept.KEPT + timedelta(minutes=1))
    assert not list(private.glob("after-sale-kept/*/*"))


def test_amounts_are_not_for_members_to_send(signed_in, order):
    signed_in.post(ask_url(order), form_of(order, points=99_999, fen=99_999, state="settled", shipping_fen=1))
    request = AfterSale.objects.get()
    assert (request.state, request.points, request.fen) == ("requested", 0, 0)


def test_another_members_request_and_its_pictures_are_not_there(client, order, ask, make_member):
    request = ask(order, pictures=[picture()])
    shown = request.pictures.get()
    client.force_login(make_member())
    for path, method in [
        (ask_url(order), client.get),
        (ask_url(order), client.post),
        (request.get_absolute_url(), client.get),
        (reverse("orders:after_sale_withdraw", args=[request.number]), client.post),
        (reverse("orders:after_sale_sent", args=[request.number]), client.post),
        (reverse("orders:after_sale_picture", args=[request.number, shown.pk]), client.get),
    ]:
        assert method(path).status_code == 404, path
    request.refresh_from_db()
    assert request.state == "requested"


def test_a_picture_of_another_request_is_not_there(signed_in, shipped, cup, ask):
    first, second = ask(shipped((cup, "points", 1)), pictures=[picture()]), ask(shipped((cup, "points", 1)))
    url = reverse("orders:after_sale_picture", args=[second.number, first.pictures.get().pk])
    assert signed_in.get(url).status_code == 404


def test_the_member_says_how_it_travels(signed_in, order, ask, at, parameters):
    parameters["orders.return_address"] = "拾光仓库 021-55550000 上海市青浦区1号"
    request = ask(order)
    sent = reverse("orders:after_sale_sent", args=[request.number])
    assert signed_in.post(sent, {"carrier": "中通", "tracking_number": "ZT123456"}).status_code == 422
    after_sale.approve(case=request, by=STAFF, at=at, answer="请用原包装")
    html = signed_in.get(request.get_absolute_url()).content.decode()
    assert "青浦区" in html
    assert "请用原包装" in html
    assert signed_in.post(sent, {"carrier": "中通", "tracking_number": "短"}).status_code == 422
    assert signed_in.post(sent, {"carrier": "中通", "tracking_number": "zt123456"}).url == request.get_absolute_url()
    assert "ZT123456" in signed_in.get(request.get_absolute_url()).content.decode()


def test_the_member_withdraws_until_the_goods_are_on_the_way(signed_in, order, ask, at, parameters):
    parameters["orders.return_address"] = "拾光仓库 021-55550000 上海市青浦区1号"
    withdraw = "orders:after_sale_withdraw"
    request = ask(order)
    signed_in.post(reverse(withdraw, args=[request.number]))
    request.refresh_from_db()
    assert request.state == "withdrawn"
    assert "青浦区" not in signed_in.get(request.get_absolute_url()).content.decode()

    request = ask(order)
    after_sale.approve(case=request, by=STAFF, at=at)
    assert reverse(withdraw, args=[request.number]) in signed_in.get(request.get_absolute_url()).content.decode()
    after_sale.send_back(case=request, carrier="中通", tracking_number="ZT123456", by=STAFF, at=at)
    assert reverse(withdraw, args=[request.number]) not in signed_in.get(request.get_absolute_url()).content.decode()
    response = signed_in.post(reverse(withdraw, args=[request.number]), follow=True)
    assert [str(message) for message in response.context["messages"]] == [str(requesting.GoodsOnTheWay())]
    request.refresh_from_db()
    assert request.state == "approved"


def test_after_the_window_the_form_leads_back(signed_in, order, at, parameters):
    parameters["points.after_sale_days"] = 0
    receiving.confirm_receipt(order=order, by=STAFF, at=at)
    assert signed_in.get(ask_url(order)).url == order.get_absolute_url()
    assert signed_in.post(ask_url(order), form_of(order)).status_code == 422
    assert ask_url(order) not in signed_in.get(order.get_absolute_url()).content.decode()


@pytest.mark.parametrize("state", ["approved", "received", "settled", "refused", "withdrawn", "exchanged"])
def test_every_state_has_a_page(signed_in, order, ask, at, carrier, state):
    request = ask(order, kind="exchange")
    by = {"by": STAFF, "at": at}
    if state == "withdrawn":
        after_sale.withdraw(case=request, **by)
    elif state == "refused":
        after_sale.refuse(case=request, answer="已超过使用范围", **by)
    else:
        after_sale.approve(case=request, **by)
    if state in ("received", "settled", "exchanged"):
        after_sale.receive(case=request, **by)
    if state == "settled":
        amounts = {order.items.get().pk: (1500, 0)}
        after_sale.settle(case=request, amounts=amounts, stock_back="damaged", **by)
    if state == "exchanged":
        after_sale.exchange(case=request, carrier=carrier, tracking_number="SF000009", stock_back="damaged", **by)
    html = signed_in.get(request.get_absolute_url()).content.decode()
    assert {"refused": "已超过使用范围", "settled": "1,500", "exchanged": "SF000009"}.get(state, request.number) in html
    assert request.number in html or request.get_absolute_url() in html
    assert signed_in.get(order.get_absolute_url()).status_code == 200


# Staff

LIST = "/admin/orders/aftersale/"


def page(request, act="change"):
    return reverse(f"admin:orders_aftersale_{act}", args=[request.pk])


@pytest.fixture
def boss(client, db, at):
    user = staff("view_order", "view_aftersale", "decide_aftersale", "receive_aftersale", "settle_aftersale", at=at)
    client.force_login(user)
    return user


def test_staff_work_a_return_off(client, boss, order, ask, member, at, parameters):
    request = ask(order, pictures=[picture()], text="杯盖裂了")
    assert request.number in client.get(LIST, {"open": "yes"}).content.decode()
    html = client.get(page(request)).content.decode()
    assert "杯盖裂了" in html
    shown = client.get(reverse("admin:orders_aftersale_picture", args=[request.pictures.get().pk]))
    assert shown["Content-Type"] == "image/webp"
    assert client.post(page(request, "approve"), {"answer": ""}).context["form"].errors  # where would it be sent?
    parameters["orders.return_address"] = "收件 13900000000 上海市"
    for act, sent in [("approve", {"answer": ""}), ("receive", {"go": "1"})]:
        assert page(request, act) in client.get(page(request)).content.decode()
        assert client.get(page(request, act)).status_code == 200
        assert client.post(page(request, act), sent).url == page(request)
    (item,) = order.items.all()
    form = client.get(page(request, "settle")).context["form"]
    assert form.fields[f"points_{item.pk}"].initial == 2000
    wrong = client.post(page(request, "settle"), {f"points_{item.pk}": 2001, "stock_back": "sellable"})
    assert wrong.context["form"].errors
    assert client.post(page(request, "settle"), {f"points_{item.pk}": 1200, "stock_back": ""}).context["form"].errors
    sent = {f"points_{item.pk}": 1200, "stock_back": "sellable", "answer": "有使用痕迹"}
    assert client.post(page(request, "settle"), sent).url == page(request)
    request.refresh_from_db()
    assert (request.state, request.points, request.answer) == ("settled", 1200, "有使用痕迹")
    assert available(member, at) == 4200
    assert AuditEvent.objects.get(event="aftersale.settled").by == actors.staff(boss.pk)
    assert client.post(page(request, "settle"), sent).status_code == 403  # a second tab
    assert available(member, at) == 4200
    assert request.number not in client.get(LIST, {"open": "yes"}).content.decode()


def due(client, request):
    """The page of the act that is due, as the list leads there, and what it proposes."""
    html = client.get(LIST).content.decode()
    (name,) = {name for name in ("approve", "receive", "settle", "exchange") if page(request, name) in html}
    form = client.get(page(request, name)).context["form"]
    return page(request, name), {field.name: field.value() or "" for field in form}


def test_a_return_takes_four_clicks(client, boss, order, ask, member, at, parameters):
    """The list, the act, its button; and once more when the goods have come."""
    parameters["orders.return_address"] = "收件 13900000000 上海市"
    request = ask(order, reason="not_wanted")
    for state in ("approved", "settled"):
        url, proposed = due(client, request)
        assert client.post(url, proposed).url == page(request)
        request.refresh_from_db()
        assert request.state == state
    assert [move.to_state for move in request.moves.order_by("pk")][-2:] == ["received", "settled"]
    assert (request.points, request.stock_back) == (2000, "sellable")
    assert available(member, at) == 5000
    assert page(request, "settle") not in client.get(LIST).content.decode()


def test_goods_that_came_damaged_are_proposed_to_be_written_off(client, boss, order, ask, at, parameters):
    parameters["orders.return_address"] = "收件 13900000000 上海市"
    request = ask(order, reason="damaged")
    after_sale.approve(case=request, by=STAFF, at=at)
    assert due(client, request)[1]["stock_back"] == "damaged"


def test_who_may_not_take_goods_in_does_not_pay_back_before(client, order, ask, at, parameters):
    parameters["orders.return_address"] = "收件 13900000000 上海市"
    client.force_login(staff("view_order", "view_aftersale", "settle_aftersale", at=at))
    request = ask(order)
    after_sale.approve(case=request, by=STAFF, at=at)
    assert client.get(page(request, "settle")).status_code == 403
    after_sale.receive(case=request, by=STAFF, at=at)
    assert client.get(page(request, "settle")).status_code == 200


def test_an_exchange_is_not_paid_back_before_its_goods_are_here(client, boss, order, ask, at, parameters):
    parameters["orders.return_address"] = "收件 13900000000 上海市"
    request = ask(order, kind="exchange")
    after_sale.approve(case=request, by=STAFF, at=at)
    assert client.get(page(request, "settle")).status_code == 403
    assert due(client, request)[0] == page(request, "receive")


def test_cash_is_typed_in_yuan(client, boss, shipped, cup, ask, at, wire):
    order = shipped((cup, "mixed", 1))
    request = ask(order, kind="refund", reason="damaged")
    (item,) = order.items.all()
    sent = {f"points_{item.pk}": 0, f"yuan_{item.pk}": "19.99"}
    assert client.post(page(request, "settle"), sent | {f"yuan_{item.pk}": "19.999"}).context["form"].errors
    assert client.post(page(request, "settle"), sent).url == page(request)
    request.refresh_from_db()
    assert (request.points, request.fen) == (0, 1999)
    assert "19.99" in client.get(page(request)).content.decode()


def test_exchange_and_refusal(client, boss, order, returned, ask, carrier, at):
    request = returned(order, kind="exchange")
    sent = {"carrier": carrier.pk, "tracking_number": "sf000009", "stock_back": "damaged"}
    assert client.post(page(request, "exchange"), sent).url == page(request)
    request.refresh_from_db()
    assert request.state == "exchanged"
    second = ask(order)
    assert client.post(page(second, "refuse"), {"answer": ""}).context["form"].errors
    assert client.post(page(second, "refuse"), {"answer": "没有问题"}).url == page(second)
    second.refresh_from_db()
    assert (second.state, second.answer) == ("refused", "没有问题")


def test_the_rest_of_an_order_is_paid_back(client, boss, place, cup, carrier, at):
    order = place((cup, "points", 2))
    url = reverse("admin:orders_order_give_up", args=[order.pk])
    assert client.get(url).status_code == 403
    (item,) = order.items.all()
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF000001", by=STAFF, at=at, pieces={item.pk: 1})
    assert url in client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert client.post(url, {"answer": "破损", "stock_back": "damaged"}).status_code == 302
    order.refresh_from_db()
    assert (order.state, AfterSale.objects.get().points) == (OrderState.SHIPPED, 1000)


def test_ship_a_part(client, place, cup, candle, carrier, at):
    client.force_login(staff("view_order", "ship_order", at=at))
    order = place((cup, "points", 2), (candle, "points", 1))
    mug, light = order.items.all()
    url = reverse("admin:orders_order_ship", args=[order.pk])
    sent = {"carrier": carrier.pk, "tracking_number": "SF000001", f"pieces_{mug.pk}": 1, f"pieces_{light.pk}": 0}
    assert client.post(url, sent | {f"pieces_{mug.pk}": 3}).context["form"].errors
    assert client.post(url, sent).status_code == 302
    order.refresh_from_db()
    assert order.state == OrderState.PARTLY_SHIPPED
    assert order.number in client.get("/admin/orders/order/", {"queue": "parcels"}).content.decode()
    assert client.post(url, {"carrier": carrier.pk, "tracking_number": "SF000002"}).status_code == 302
    order.refresh_from_db()
    assert order.state == OrderState.SHIPPED


def test_each_act_has_a_permission(client, order, ask, at):
    request = ask(order, pictures=[picture()])
    shown = reverse("admin:orders_aftersale_picture", args=[request.pictures.get().pk])
    client.force_login(staff("view_aftersale", at=at))
    html = client.get(page(request)).content.decode()
    for act in ("approve", "receive", "settle", "exchange", "refuse"):
        assert page(request, act) not in html
        assert client.post(page(request, act), {"answer": "x"}).status_code == 403
    client.force_login(staff("view_order", at=at, phone="+8613700000002"))
    assert client.get(LIST).status_code == 403
    assert client.get(page(request)).status_code == 403
    assert client.get(shown).status_code == 403
    request.refresh_from_db()
    assert request.state == "requested"


def test_search_and_queries(client, boss, shipped, cup, ask, at, member, django_assert_max_num_queries):
    requests = [ask(shipped((cup, "points", 1))) for _n in range(4)]
    for words in (requests[0].number, requests[0].order.number):
        assert set(client.get(LIST, {"q": words}).context["cl"].queryset) == {requests[0]}
    assert set(client.get(LIST, {"q": member.phone}).context["cl"].queryset) == set(requests)
    with django_assert_max_num_queries(14):
        client.get(LIST)
