"""Half of an order comes back: asked for on a phone with a picture, settled at a desk, points and cash in part."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from catalog.models import SKU
from core import clock
from core.models import OutboxMessage
from orders.models import AfterSale, Carrier, Order, PaymentRefund
from orders.models.sandbox import SandboxCharge
from orders.shipping.services import shipping
from points.ledger import audit
from points.ledger.queries import balance
from tests.journeys.test_redeem import member_with_points, sign_in


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = settings.STORAGES | {"private": backend}


@pytest.fixture(autouse=True)
def no_member_day(parameters):
    parameters["points.member_day"] = "none"


def redeem_two(page, shelf):
    """Two thermoses for points and cash, paid at the sandbox."""
    page.goto(f"/checkout/?sku={shelf['提绳保温杯'].skus.get().pk}&way=mixed&quantity=2")
    page.get_by_role("button", name="提交并付款").click()
    expect(page).to_have_url(re.compile(r"/sandbox/pay/"))
    page.get_by_role("button", name="付款", exact=True).click()
    order = Order.objects.get()
    expect(page).to_have_url(re.compile(order.number))
    expect(page.locator("ol.steps .now")).to_be_visible()
    return order


def points_of(member):
    now = balance(member.pk, at=clock.now())
    return now.available, now.pending


def sign_in_staff(page):
    page.goto("/admin/")
    page.locator("[name=username], [name=login]").first.fill("admin")
    page.locator("[name=password]").fill("admin-demo-1")
    page.locator("[name=password]").press("Enter")
    expect(page).to_have_url(re.compile(r"/admin/$"))


def act(page, request, name, **typed):
    """One act on the page of a request, as its button leads there."""
    page.goto(f"/admin/orders/aftersale/{request.pk}/change/")
    page.goto(page.locator(f"a[href*='/{name}']").first.get_attribute("href"))  # it may lie in a menu
    for field, value in typed.items():
        control = page.locator(f"[name={field}]")
        control.select_option(value) if field == "stock_back" else control.fill(value)
    page.locator("main form button[type=submit], form[method=post] button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(r"/change/"))


def test_one_of_two_pieces_comes_back_with_a_part_of_its_price(phone, shelf, staff, tmp_path):
    member = member_with_points(5000)
    page = phone()
    sign_in(page)
    order = redeem_two(page, shelf)
    assert points_of(member) == (3200, 64)  # 5,000 + 200 for joining - 2,000; the 64 yuan earn a point each
    shipping.ship_order(
        order=order,
        carrier=Carrier.objects.first(),
        tracking_number="SF1382044719060",
        by="system:test",
        at=order.placed_at,
    )

    page.goto(order.get_absolute_url())
    page.locator("a[href$='/after-sale/']").click()
    (item,) = order.items.all()
    page.locator("[name=kind][value=return]").check()
    page.locator(f"[name=pieces_{item.pk}]").fill("1")
    page.locator("[name=reason]").select_option("damaged")
    page.locator("[name=text]").fill("杯盖裂了")
    photo = tmp_path / "lid.jpg"
    Image.new("RGB", (800, 600), "#886644").save(photo)
    page.locator("[name=pictures]").set_input_files(photo)
    page.locator("button[form=ask]").click()
    expect(page).to_have_url(re.compile(r"/after-sale/M\d+-A1/"))
    shown = page.locator("img[src*='/pictures/']")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.complete && image.naturalWidth > 0")
    request = AfterSale.objects.get()

    desk = phone()
    sign_in_staff(desk)
    act(desk, request, "approve", answer="寄到上海市浦东新区张江路1号，收件人小拾")

    page.reload()
    page.locator("[name=carrier]").fill("中通快递")
    page.locator("[name=tracking_number]").fill("ZT7700112233")
    page.locator("form[action$='/sent/'] button").click()
    expect(page.get_by_text("ZT7700112233").first).to_be_visible()

    act(desk, request, "receive")
    settled = {f"points_{item.pk}": "700", f"yuan_{item.pk}": "20.50", "stock_back": "sellable", "answer": "杯身有划痕"}
    act(desk, request, "settle", **settled)

    page.reload()
    expect(page.get_by_text("杯身有划痕").first).to_be_visible()
    expect(page.locator(".notice--accent")).to_contain_text("700")
    expect(page.locator(".notice--accent")).to_contain_text("20.50")
    request.refresh_from_db()
    assert (request.state, request.points, request.fen) == ("settled", 700, 2050)
    assert points_of(member) == (3900, 44)  # 20.50 of the 64 yuan went back
    assert SKU.objects.get(code="THERMOS").stock == 4
    refund = PaymentRefund.objects.get()
    assert (refund.amount_fen, refund.state) == (2050, "done")
    assert SandboxCharge.objects.get().refunded_fen == 2050
    assert OutboxMessage.objects.filter(topic="order.refunded").count() == 1
    assert audit.run().breaks == []
