"""What is switched on and not complete is said before a member finds out (F4)."""

import pytest
from django.core.checks import run_checks

from orders import payments
from orders.payments.alipay import Alipay
from orders.payments.unionpay import UnionPay
from orders.payments.wechat import WeChatPay


def findings(number):
    return [found for found in run_checks() if found.id == f"pointsmall.{number}"]


@pytest.mark.parametrize("provider", [WeChatPay, Alipay, UnionPay])
def test_a_provider_without_its_settings_is_a_finding_and_not_offered(settings, provider):
    settings.PAYMENT_PROVIDERS = [provider.code, "sandbox"]
    (found,) = findings("E006")
    assert all(name in found.msg for name in provider().missing)
    assert [each.code for each in payments.offered()] == ["sandbox"]
    with pytest.raises(payments.UnknownProvider):
        payments.offer(provider.code)


def test_what_is_complete_is_no_finding(wechat, settings):
    assert findings("E006") == []
    assert [found.id for found in findings("E005")] == ["pointsmall.E005"]  # the stand-in's address is not allowed yet
    settings.PAYMENT_FORM_ORIGINS = [wechat.url]
    assert findings("E005") == []


def test_the_real_addresses_lead_to_the_providers_own_sites():
    assert WeChatPay().form_origins == ("https://open.weixin.qq.com", "https://wx.tenpay.com")
    assert Alipay().form_origins == ("https://*.alipay.com",)
    assert UnionPay().form_origins == ("https://*.95516.com",)
