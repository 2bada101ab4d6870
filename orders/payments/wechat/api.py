"""Signed exchange with WeChat Pay.

Signing, verifying and decrypting are ``wechatpayv3``'s; the transport is ours, because the library's opens no other
address than the real one, waits without a limit by default, and answers an unknown certificate number, which anybody
may send, by a download.
"""

import json
import uuid
from datetime import timedelta

import httpx
import structlog
from django.conf import settings
from django.core.cache import cache
from wechatpayv3 import utils

from core import clock, pem
from orders.payments import http
from orders.payments.base import BadCallback, BadSignature, ProviderUnavailable

log = structlog.get_logger(__name__)

SCHEME = "WECHATPAY2-SHA256-RSA2048"
SERIAL, SIGNATURE = "wechatpay-serial", "wechatpay-signature"
TIMESTAMP, NONCE = "wechatpay-timestamp", "wechatpay-nonce"
BELIEVED = timedelta(minutes=5)  # an older signature is not believed
CERTIFICATES = "wechat_pay:certificates"
CERTIFICATES_KEPT_S = 12 * 3600
CERTIFICATES_EVERY_S = 300  # fetched at most that often, whatever numbers callbacks name


class Refused(Exception):
    """WeChat Pay answered with an error. ``status`` is HTTP's, ``code`` is its word for it."""

    def __init__(self, status, code):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


def call(method, path, body=None):
    """The JSON of a signed and verified exchange, ``{}`` for an empty answer. Raises ``Refused``."""
    content = json.dumps(body, ensure_ascii=False) if body is not None else ""
    response = _send(method, path, content)
    if not response.is_success:
        raise Refused(response.status_code, _error_code(response))
    if not verified(response.headers, response.content, at=clock.now()):
        raise ProviderUnavailable
    try:
        return response.json() if response.content else {}
    except ValueError as error:
        raise ProviderUnavailable from error


def download(url):
    """The bytes of a bill. Its address came in a verified answer, and stands on the API's own host."""
    api = settings.WECHAT_PAY["api"]
    if not url.startswith(f"{api}/"):
        raise ProviderUnavailable
    return http.download(url, headers={"Authorization": _authorization("GET", url.removeprefix(api), "")})


def sign(*lines):
    """The signature of lines of text with the merchant's key, base64."""
    return utils.rsa_sign(pem.private_key(settings.WECHAT_PAY["private_key"]), "".join(f"{x}\n" for x in lines))


def verified(headers, body, *, at):
    """Whether headers carry WeChat Pay's fresh, right signature of the bytes ``body``."""
    timestamp, nonce = headers.get(TIMESTAMP, ""), headers.get(NONCE, "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(at.timestamp() - int(timestamp)) > BELIEVED.total_seconds():
        return False
    key = _public_key(headers.get(SERIAL, ""))
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return key is not None and utils.rsa_verify(timestamp, nonce, text, headers.get(SIGNATURE, ""), key)


def opened(headers, body, *, at):
    """``(message, resource)`` of a callback: its JSON and what was encrypted in it. Raises ``BadCallback``."""
    if not verified(headers, body, at=at):
        raise BadSignature
    try:
        message = json.loads(body)
        return message, json.loads(_decrypted(message["resource"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadCallback from error


def _send(method, path, content):
    return http.exchange(
        method,
        settings.WECHAT_PAY["api"] + path,
        content=content.encode(),
        headers={
            "Authorization": _authorization(method, path, content),
            "Accept": "application/json",
            "Content-Type": "application/json",
            **({"Wechatpay-Serial": settings.WECHAT_PAY["public_key_id"]} if _has_public_key() else {}),
        },
    )


def _authorization(method, path, content):
    ours = settings.WECHAT_PAY
    return utils.build_authorization(
        path,
        method,
        ours["merchant"],
        ours["serial"],
        pem.private_key(ours["private_key"]),
        data=content,
        nonce_str=uuid.uuid4().hex.upper(),
    )


def _error_code(response):
    try:
        return str(response.json().get("code", ""))
    except (ValueError, AttributeError):
        return ""


def _has_public_key():
    return bool(settings.WECHAT_PAY["public_key"] and settings.WECHAT_PAY["public_key_id"])


def _public_key(serial):
    """WeChat Pay's key of that number: the configured one, or that of a platform certificate; None if there is none.

    While a merchant changes from certificates to the key, WeChat Pay signs with either.
    """
    if _has_public_key() and serial == settings.WECHAT_PAY["public_key_id"]:
        return pem.public_key(settings.WECHAT_PAY["public_key"])
    certificates = cache.get(CERTIFICATES)
    if certificates is None or serial not in certificates:
        certificates = _fetched() or certificates
    text = (certificates or {}).get(serial)
    certificate = utils.load_certificate(text) if text else None
    if certificate is None:
        log.warning("wechat_signer_unknown", serial=serial[:64])
        return None
    now = clock.now()
    is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return certificate.public_key() if is_valid else None


def _fetched():
    """``{serial: PEM}`` of the platform certificates, which only our v3 key opens; None when it is not their turn."""
    if not cache.add(f"{CERTIFICATES}:asked", True, timeout=CERTIFICATES_EVERY_S):
        return None
    try:
        response = _send("GET", "/v3/certificates", "")
        if response.status_code != httpx.codes.OK:
            return None
        found = {
            str(each["serial_no"]): _decrypted(each["encrypt_certificate"])
            for each in response.json()["data"]
        }  # fmt: skip
    except (ProviderUnavailable, ValueError, KeyError, TypeError, AttributeError):
        return None
    cache.set(CERTIFICATES, found, timeout=CERTIFICATES_KEPT_S)
    return found


def _decrypted(resource):
    """The text of an AES-256-GCM resource; raises ``ValueError`` when our key does not open it."""
    text = utils.aes_decrypt(
        resource["nonce"],
        resource["ciphertext"],
        resource.get("associated_data") or "",
        settings.WECHAT_PAY["v3_key"],
    )
    if text is None:
        raise ValueError("not encrypted with our key")
    return text
