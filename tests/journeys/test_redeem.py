"""From sign-up to a received parcel, as a newcomer on a phone and a staff person at a desk do it."""

import re

from playwright.sync_api import expect

from accounts.models import User
from accounts.services import create_member, save_address
from catalog.models import SKU
from core import actors, clock
from orders.models import Order
from points import ledger
from points.ledger import audit

PHONE = "13900000001"


def sign_up(page):
    """By phone and code; the code is read where development shows it."""
    page.goto("/accounts/signup/")
    page.get_by_label("手机号").fill(PHONE)
    page.get_by_role("button", name="获取验证码").click()
    reader = page.context.new_page()
    reader.goto("/dev/outbox/")
    code = re.search(r"验证码(\d{6})", reader.locator("#sent li").first.inner_text())[1]
    reader.close()
    page.get_by_label("验证码").fill(code)
    page.get_by_role("button", name="确认").click()


def fill_address(page):
    page.get_by_label("收货人").fill("林晓雯")
    page.get_by_label("手机号").fill("13800000001")
    for label, choice in (("省", "北京市"), ("区", "朝阳区")):
        page.get_by_label(re.compile(label)).last.select_option(label=choice)
    page.get_by_label("详细地址").fill("望京街道花家地南里8号楼2单元1103")
    page.get_by_role("button", name="保存地址").click()


def ship(browser_page):
    """Staff sign in and hand the parcel to a carrier."""
    browser_page.goto("/admin/orders/order/?state__exact=to_ship")
    browser_page.locator("[name=username], [name=login]").first.fill("admin")
    browser_page.locator("[name=password]").fill("admin-demo-1")
    browser_page.locator("[name=password]").press("Enter")
    browser_page.get_by_role("link", name="发货", exact=True).first.click()
    browser_page.locator("select[name=carrier]").select_option(label="顺丰速运")
    browser_page.locator("[name=tracking_number]").fill("SF1382044719060")
    browser_page.get_by_role("button", name="发货").click()
    expect(browser_page.get_by_text("SF1382044719060").first).to_be_visible()


def test_a_newcomer_redeems_for_points_and_gets_the_parcel(phone, shelf, staff):
    page = phone()
    sign_up(page)
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.locator(".balance")).to_contain_text("200")

    page.get_by_role("link", name=re.compile("松果钥匙扣")).first.click()
    page.get_by_role("button", name="立即兑换").click()
    page.get_by_role("link", name="新增地址").first.click()
    fill_address(page)
    expect(page.get_by_text("兑换后还剩50积分")).to_be_visible()
    page.get_by_role("button", name="兑换").click()

    order = Order.objects.get()
    expect(page).to_have_url(re.compile(order.number))
    assert (order.state, order.points, order.cash_fen) == ("to_ship", 150, 0)

    ship(phone())

    page.reload()
    expect(page.get_by_text("SF1382044719060")).to_be_visible()
    page.get_by_role("button", name="确认收货").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已完成")
    order.refresh_from_db()
    assert order.state == "completed"
    assert SKU.objects.get(code="KEYRING").stock == 4

    page.goto("/points/")
    expect(page.locator(".balance")).to_contain_text("50")
    assert User.objects.get(phone=f"+86{PHONE}").points_account.unspent == 50
    assert audit.run().breaks == []


def member_with_points(points):
    act = {"by": actors.system("test"), "at": clock.now()}
    member = create_member(phone=f"+86{PHONE}", password="member-demo-1", **act)
    ledger.earn(account=member.pk, points=points, kind="campaign", key="gift", **act)
    save_address(member=member, name="林晓雯", phone=f"+86{PHONE}", region_code="110105", detail="望京8号楼1103", **act)
    return member


def sign_in(page):
    page.goto("/accounts/login/?with=password")
    page.locator("[name=login]").fill(PHONE)
    page.locator("[name=password]").fill("member-demo-1")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/$"))


def test_points_and_cash_are_paid_at_the_provider_who_calls_back(phone, shelf):
    member = member_with_points(3000)
    page = phone()
    sign_in(page)

    page.goto(shelf["提绳保温杯"].get_absolute_url())
    page.get_by_role("button", name="立即兑换").click()
    page.get_by_role("button", name="提交并付款").click()

    expect(page).to_have_url(re.compile(r"/sandbox/pay/"))
    order = Order.objects.get()
    assert order.state == "pending_payment"
    assert ledger_of(member) == (2200, 1000)  # 3,000 + 200 for joining - 1,000 held

    page.get_by_role("button", name="付款", exact=True).click()
    expect(page).to_have_url(re.compile(order.number))
    expect(page.get_by_role("heading", level=1)).to_contain_text("备货")
    order.refresh_from_db()
    assert (order.state, order.payments.get().state) == ("to_ship", "paid")
    assert ledger_of(member) == (2232, 0)  # and 32 for the cash
    assert audit.run().breaks == []


def test_without_javascript_a_member_redeems_all_the_same(phone, shelf):
    member_with_points(500)
    page = phone(java_script_enabled=False)
    sign_in(page)
    page.goto(shelf["松果钥匙扣"].get_absolute_url())
    page.get_by_role("button", name="立即兑换").click()
    page.get_by_role("button", name="兑换").click()
    assert Order.objects.get().state == "to_ship"


def ledger_of(member):
    member.points_account.refresh_from_db()
    return member.points_account.unspent, member.points_account.held
