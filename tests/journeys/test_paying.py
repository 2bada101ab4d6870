"""Each kind of payment, as a member on a phone makes it: to the provider's page and back (F4)."""

import re

import pytest
from playwright.sync_api import expect

from core import actors, clock
from orders.coupons.services import coupons
from orders.models import CouponType, Order
from points.ledger import audit
from points.ledger.queries import balance
from points.tiers.services import tiers
from tests.journeys.test_redeem import member_with_points, sign_in
from tests.standins.alipay import Alipay
from tests.standins.unionpay import UnionPay
from tests.standins.wechat import WeChat

ANDROID = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
IN_WECHAT = f"{ANDROID} MicroMessenger/8.0.50"
# The bridge that WeChat's browser gives to pages, with our stand-in behind it.
BRIDGE = """
window.WeixinJSBridge = {
  invoke(name, parameters, tell) { window.standinBridge(parameters).then(tell); }
};
"""


@pytest.fixture
def till(mall, settings):
    """``till(WeChat)``: the mall takes money by that stand-in, and browsers may go there."""
    running = []

    def switch_on(kind):
        standin = kind().__enter__()
        running.append(standin)
        for name, value in standin.settings().items():
            setattr(settings, name, value)
        settings.PAYMENT_PROVIDERS = [standin.code]
        policy = settings.CONTENT_SECURITY_POLICY
        directives = policy["DIRECTIVES"] | {"form-action": ["'self'", standin.url]}
        settings.CONTENT_SECURITY_POLICY = policy | {"DIRECTIVES": directives}
        return standin

    yield switch_on
    for standin in running:
        standin.__exit__()


@pytest.fixture
def buy(phone, shelf):
    """``buy(user_agent=...)``: a member orders something for points and cash, up to the button that pays."""

    def order(prepare=lambda page: None, **options):
        member_with_points(3000)
        page = phone(**options)
        prepare(page)
        sign_in(page)
        page.goto(shelf["提绳保温杯"].get_absolute_url())
        page.get_by_role("button", name="立即兑换").click()
        page.get_by_role("button", name="提交并付款").click()
        return page

    return order


def is_paid(page, kind):
    """The order's page says so, and the books add up."""
    order = Order.objects.get()
    expect(page).to_have_url(re.compile(rf"/orders/{order.number}/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("备货")
    order.refresh_from_db()
    payment = order.payments.get()
    assert (order.state, payment.state, payment.kind) == ("to_ship", "paid", kind)
    assert audit.run().breaks == []


def press_pay(page):
    page.get_by_role("button", name="确认付款").click()


def test_a_code_is_scanned_with_wechat(till, buy, phone):
    wechat = till(WeChat)
    page = buy()
    expect(page.locator(".paycode svg")).to_be_visible()
    reference = Order.objects.get().payments.get().reference
    scanner = phone()
    scanner.goto(f"{wechat.url}/scan/{reference}/")  # what the code leads WeChat to
    press_pay(scanner)
    is_paid(page, "native")


def test_a_code_without_javascript(till, buy, phone):
    wechat = till(WeChat)
    page = buy(java_script_enabled=False)
    expect(page.locator(".paycode svg")).to_be_visible()
    wechat.pay(Order.objects.get().payments.get().reference)
    page.locator("a[href$='/paid/']").click()
    is_paid(page, "native")


def test_wechats_page_on_a_phone(till, buy):
    wechat = till(WeChat)
    wechat.ask_referrer = True
    page = buy(user_agent=ANDROID)
    expect(page).to_have_url(re.compile(r"/h5/"))
    press_pay(page)
    is_paid(page, "h5")


def test_wechats_own_window_inside_wechat(till, buy):
    wechat = till(WeChat)

    def prepare(page):
        page.expose_function("standinBridge", wechat.bridge)
        page.add_init_script(BRIDGE)

    page = buy(prepare, user_agent=IN_WECHAT)
    is_paid(page, "jsapi")


@pytest.mark.parametrize(("agent", "kind"), [(None, "page"), (ANDROID, "wap")])
def test_alipays_page(till, buy, agent, kind):
    till(Alipay)
    page = buy(**({"user_agent": agent} if agent else {}))
    expect(page).to_have_url(re.compile(r"gateway\.do"))
    press_pay(page)
    is_paid(page, kind)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_bank_card_on_unionpays_page(till, buy, scripts):
    """UnionPay sends its members back by a form from its own site, without the mall's session."""
    till(UnionPay)
    page = buy(user_agent=ANDROID, java_script_enabled=scripts)
    if not scripts:
        page.locator("[data-pay-form] button").click()
    expect(page).to_have_url(re.compile(r"frontTransReq"))
    press_pay(page)
    if not scripts:
        page.get_by_role("button", name="返回商户").click()
    is_paid(page, "card")


def test_a_failed_payment_is_made_again(till, buy):
    till(Alipay)
    page = buy(user_agent=ANDROID)
    page.get_by_role("button", name="付款失败").click()
    expect(page).to_have_url(re.compile(rf"/orders/{Order.objects.get().number}/$"))
    page.locator(".buybar button").click()
    press_pay(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("备货")
    assert Order.objects.get().state == "to_ship"


def test_a_coupon_and_a_tier_make_it_cheaper(till, phone, shelf, parameters):
    """Gold: 5 % off 1,000 points. The coupon, redeemed for 500 points before: 10 of 32 yuan."""
    parameters["points.member_day"] = "none"
    till(Alipay)
    member = member_with_points(3000)
    act = {"by": actors.system("test"), "at": clock.now()}
    tiers.pin(member=member.pk, tier="gold", reason="老会员", **act)
    figures = {"kind": "cash_off", "off_fen": 1000, "minimum_fen": 3000, "valid_days": 30, "points_price": 500}
    coupons.save_type(coupon_type=CouponType(code="off10", name="满30减10", **figures), **act)

    page = phone(user_agent=ANDROID)
    sign_in(page)
    page.goto("/coupons/")
    page.get_by_role("button", name="兑换满30减10").click()
    expect(page.get_by_label("可用优惠券")).to_contain_text("满30减10")

    page.goto(shelf["提绳保温杯"].get_absolute_url())
    page.get_by_role("button", name="立即兑换").click()
    page.locator("select[name=coupon]").select_option(index=1)
    page.get_by_role("button", name="重新计算").click()
    total = page.locator("section", has_text="合计").last
    expect(total).to_contain_text("950")
    page.get_by_role("button", name="提交并付款").click()
    press_pay(page)
    is_paid(page, "wap")

    order = Order.objects.get()
    assert (order.points, order.discount_points, order.cash_fen, order.discount_fen) == (950, 50, 2200, 1000)
    assert order.coupons.get().state == "used"
    now = balance(member.pk, at=clock.now())
    assert (now.available, now.pending) == (200 + 3000 - 500 - 950, 33)  # welcomed; gold earns 1.5 points a yuan
