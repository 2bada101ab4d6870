"""What is switched on and cannot work is said before a member finds out: ``manage.py check`` (F4)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.checks import run_checks

from core import clock, pem
from orders import payments
from orders.payments.alipay import Alipay
from orders.payments.base import Charge
from orders.payments.unionpay import UnionPay
from orders.payments.wechat import WeChatPay
from tests.core.test_pem import PKCS1, SHAPES, bare, private
from tests.orders.payments.conftest import KINDS
from tests.pointsmall.test_settings import load_settings
from tests.standins import environment, keys

SETTINGS = {"wechat": "WECHAT_PAY", "alipay": "ALIPAY", "unionpay": "UNIONPAY"}


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


@pytest.fixture
def alone(settings, request):
    """``alone(code, **changes)``: a stand-in and nothing else of the mall; with ``changes`` to its settings."""

    def start(code, **changes):
        standin = KINDS[code]().__enter__()
        request.addfinalizer(standin.__exit__)
        for name, value in standin.settings().items():
            setattr(settings, name, value | changes)
        settings.PAYMENT_PROVIDERS = [code]
        settings.PAYMENT_FORM_ORIGINS = [standin.url]
        return standin

    return start


@pytest.mark.parametrize("code", KINDS)
def test_what_is_complete_is_no_finding(alone, settings, code):
    standin = alone(code)
    assert [found.id for found in run_checks() if found.id.startswith("pointsmall.E")] == []
    settings.PAYMENT_FORM_ORIGINS = []
    assert [found.id for found in run_checks() if found.id.startswith("pointsmall.E")] == ["pointsmall.E005"]
    assert standin.url in findings("E005")[0].msg


def test_the_real_addresses_lead_to_the_providers_own_sites():
    assert WeChatPay().form_origins == ("https://open.weixin.qq.com", "https://wx.tenpay.com")
    assert Alipay().form_origins == ("https://*.alipay.com",)
    assert UnionPay().form_origins == ("https://*.95516.com",)


OWN = keys.public_pem("merchant")
FAULTS = [
    ("wechat", {"private_key": "x"}, "WECHAT_PAY_PRIVATE_KEY", "neither PEM nor base64"),
    ("wechat", {"private_key": OWN}, "WECHAT_PAY_PRIVATE_KEY", "holds PUBLIC KEY"),
    ("wechat", {"public_key": "x"}, "WECHAT_PAY_PUBLIC_KEY", "neither PEM nor base64"),
    ("wechat", {"public_key": OWN}, "WECHAT_PAY_PUBLIC_KEY", "the merchant's own"),
    ("wechat", {"public_key_id": ""}, "WECHAT_PAY_PUBLIC_KEY_ID", "given together"),
    ("wechat", {"public_key": ""}, "WECHAT_PAY_PUBLIC_KEY", "given together"),
    ("wechat", {"v3_key": "0123456789abcdef0123456789abcde"}, "WECHAT_PAY_V3_KEY", "has 31 characters"),
    ("wechat", {"v3_key": "钥" * 32}, "WECHAT_PAY_V3_KEY", "has 96 characters"),
    ("wechat", {"public_key_id": "0119000000012026"}, "WECHAT_PAY_PUBLIC_KEY_ID", "begins with PUB_KEY_ID_"),
    ("wechat", {"api": "api.mch.weixin.qq.com"}, "WECHAT_PAY_API", "begins with https://"),
    ("wechat", {"login": ""}, "WECHAT_LOGIN", "begins with https://"),
    ("wechat", {"login_api": "ftp://api.weixin.qq.com"}, "WECHAT_LOGIN_API", "begins with https://"),
    ("alipay", {"gateway": "openapi.alipay.com/gateway.do"}, "ALIPAY_GATEWAY", "begins with https://"),
    ("unionpay", {"gateway": "https://[gateway"}, "UNIONPAY_GATEWAY", "is not an address"),
    ("unionpay", {"files": "//filedownload.95516.com"}, "UNIONPAY_FILES", "begins with https://"),
    ("wechat", {"serial": "4A:5B"}, "WECHAT_PAY_SERIAL", "not hexadecimal"),
    ("alipay", {"private_key": "x"}, "ALIPAY_PRIVATE_KEY", "neither PEM nor base64"),
    ("alipay", {"public_key": "x"}, "ALIPAY_PUBLIC_KEY", "neither PEM nor base64"),
    ("alipay", {"public_key": OWN}, "ALIPAY_PUBLIC_KEY", "the application's own"),
    ("alipay", {"public_key": keys.certificate_pem("alipay")}, "ALIPAY_PUBLIC_KEY", "holds CERTIFICATE"),
    ("unionpay", {"private_key": "x"}, "UNIONPAY_PRIVATE_KEY", "neither PEM nor base64"),
    ("unionpay", {"certificate": "x"}, "UNIONPAY_CERTIFICATE", "neither PEM nor base64"),
    ("unionpay", {"root_certificate": "x"}, "UNIONPAY_ROOT_CERTIFICATE", "neither PEM nor base64"),
    ("unionpay", {"middle_certificate": "x"}, "UNIONPAY_MIDDLE_CERTIFICATE", "neither PEM nor base64"),
    ("unionpay", {"private_key": keys.private_pem("another")}, "UNIONPAY_CERTIFICATE", "is of another key"),
    (
        "unionpay",
        {"certificate": keys.certificate_pem("merchant", valid_for=-timedelta(days=1))},
        "UNIONPAY_CERTIFICATE",
        "ended on",
    ),
    (
        "unionpay",
        {"middle_certificate": keys.certificate_pem("unionpay middle", "somebody")},
        "UNIONPAY_MIDDLE_CERTIFICATE",
        "was not issued by UNIONPAY_ROOT_CERTIFICATE",
    ),
]


@pytest.mark.parametrize(("code", "changes", "variable", "why"), FAULTS)
def test_what_cannot_be_used_is_a_finding_that_names_the_variable(alone, settings, code, changes, variable, why):
    alone(code, **changes)
    (found,) = findings("E007")
    assert found.msg.startswith(f"{variable} ")
    assert why in found.msg
    assert payments.offered() == []
    with pytest.raises(payments.UnknownProvider):
        payments.get(code)
    settings.PAYMENT_PROVIDERS = []  # what is on its way must come to its end all the same
    assert findings("E007") == [found]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("code", KINDS)
def test_what_check_reads_the_payment_reads_too(alone, tmp_path, settings, code, shape):
    """Each key of a provider in a file of each shape, and a signed exchange with it."""
    standin = alone(code)
    name, ours = next(iter(standin.settings().items()))
    for each, text in ours.items():
        if text.startswith("-----BEGIN"):
            path = tmp_path / each
            path.write_bytes(SHAPES[shape](private(PKCS1).decode() if each == "private_key" else text))
            ours[each] = pem.text_of(str(path))
    setattr(settings, name, ours)
    assert findings("E006") == findings("E007") == []
    at = clock.now()
    status = payments.get(code).query(charge=Charge("2026112000000001P1", 3200, at, at + timedelta(minutes=30)), at=at)
    assert status.outcome == "waiting"  # unknown there, and no refusal of a signature


def test_the_settings_read_files_of_any_shape(tmp_path):
    with KINDS["wechat"]() as standin:
        variables = dict(line.split("=", 1) for line in environment.lines([standin], tmp_path))
    path = Path(variables["WECHAT_PAY_PRIVATE_KEY"])
    path.write_bytes(SHAPES["bare with a byte order mark"](path.read_text()))
    variables["WECHAT_PAY_PUBLIC_KEY"] = bare(keys.public_pem("wechat"))
    loaded = load_settings(
        code="import json; print(json.dumps(pointsmall.settings.WECHAT_PAY))", MALL_ENV="test", **variables
    )
    ours = json.loads(loaded.stdout)
    assert pem.private_pem(ours["private_key"]) == keys.private_pem("merchant")
    assert pem.public_pem(ours["public_key"]) == keys.public_pem("wechat")
    missing = load_settings(MALL_ENV="test", WECHAT_PAY_PRIVATE_KEY="/nowhere/key.pem")
    assert "WECHAT_PAY_PRIVATE_KEY is neither a key nor a readable file" in missing.stderr


def test_blanks_that_were_copied_along_are_nobodys():
    loaded = load_settings(
        code="import json; print(json.dumps([pointsmall.settings.WECHAT_PAY, pointsmall.settings.ALIPAY]))",
        MALL_ENV="test",
        WECHAT_PAY_MERCHANT=" 1900000109\t",
        WECHAT_PAY_V3_KEY="0123456789abcdef0123456789abcdef\u200b",
        WECHAT_PAY_API=" https://api.mch.weixin.qq.com/ ",
        ALIPAY_APP_ID="2021000000000001\xa0",
    )
    wechat, alipay = json.loads(loaded.stdout)
    assert (wechat["merchant"], len(wechat["v3_key"]), wechat["api"]) == (
        "1900000109", 32, "https://api.mch.weixin.qq.com",
    )  # fmt: skip
    assert alipay["app_id"] == "2021000000000001"
