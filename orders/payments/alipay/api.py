"""Signed exchange with Alipay's open platform.

Signing and verifying are ``python-alipay-sdk``'s; the transport is ours, because the library reads the server's local
clock where Alipay wants China's, opens two fixed addresses, and follows redirects.
"""

from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError
from django.conf import settings

from core import clock, pem
from orders.payments import encoding, http
from orders.payments.base import CHINA, BadCallback, BadSignature, ProviderUnavailable

FORM = "application/x-www-form-urlencoded;charset=utf-8"
SUCCESS = "10000"


class Refused(Exception):
    """Alipay answered with a business error. ``code`` is its sub-code, as ``ACQ.TRADE_NOT_EXIST``."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def address(method, content, **common):
    """The signed address of a page of Alipay's, for the member's browser."""
    return f"{settings.ALIPAY['gateway']}?{_signed(method, content, **common)}"


def call(method, content):
    """The verified answer to a call, a dictionary. Raises ``Refused`` or ``ProviderUnavailable``."""
    response = http.exchange(
        "POST", settings.ALIPAY["gateway"], content=_signed(method, content).encode(), headers={"Content-Type": FORM}
    )
    try:
        answer = _client()._verify_and_return_sync_response(response.text, f"{method.replace('.', '_')}_response")
        if answer["code"] != SUCCESS:
            raise Refused(str(answer.get("sub_code") or answer["code"]))
    except (AliPayException, AliPayValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProviderUnavailable from error
    return answer


def verified(body):
    """The fields of a notification whose signature is Alipay's. Raises ``BadCallback``."""
    try:
        codec = encoding.codec_of(body, "charset")
        fields = encoding.fields_of(body, codec)
    except ValueError as error:
        raise BadCallback from error
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in ("sign", "sign_type"))
    key = pem.public_key(settings.ALIPAY["public_key"])
    if fields.get("sign_type") != "RSA2" or not pem.is_signed(key, text.encode(codec), fields.get("sign", "")):
        raise BadSignature
    return fields


def _client():
    ours = settings.ALIPAY
    return AliPay(
        appid=ours["app_id"],
        app_private_key_string=pem.private_pem(ours["private_key"]),
        alipay_public_key_string=pem.public_pem(ours["public_key"]),
        sign_type="RSA2",
    )


def _signed(method, content, **common):
    client = _client()
    moment = f"{clock.now().astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    return client.sign_data(client.build_body(method, dict(content), timestamp=moment, format="JSON", **common))
