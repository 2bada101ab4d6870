"""Payment providers behind one interface (``orders.payments.base``).

``PAYMENT_PROVIDERS`` says who is offered for new payments. What is on its way with a provider that was switched off
afterwards still comes to its end: it may call back, is asked, and gives money back.
"""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import codes
from core.errors import DomainError
from orders.payments.alipay import Alipay
from orders.payments.base import Provider
from orders.payments.devices import Device
from orders.payments.sandbox import SandboxProvider
from orders.payments.unionpay import UnionPay
from orders.payments.wechat import WeChatPay

KNOWN = {provider.code: provider for provider in (WeChatPay, Alipay, UnionPay, SandboxProvider)}


class UnknownProvider(DomainError):
    """Nobody of that name takes money for the mall, or not on that device."""

    code = "unknown_provider"
    message = _("This way to pay is not offered. Nothing was changed, please choose another one.")


def offered(device: Device | None = None) -> list[Provider]:
    """The providers that the settings switch on and that work on ``device`` (None: on any), in their order."""
    providers = [KNOWN[code]() for code in settings.PAYMENT_PROVIDERS if code in KNOWN]
    able = [provider for provider in providers if provider.is_usable]
    return [provider for provider in able if device is None or device in provider.devices]


def offer(code: str, device: Device | None = None) -> Provider:
    """The provider of that code for a new payment; raises ``UnknownProvider`` when it is not switched on."""
    provider = next((provider for provider in offered(device) if provider.code == code), None)
    if provider is None:
        raise UnknownProvider
    return provider


def get(code: str) -> Provider:
    """The provider of that code for a payment that was opened, switched on or not; raises ``UnknownProvider``.

    One whose settings are missing or cannot be read is nobody: it can neither be asked nor believed.
    """
    provider = KNOWN[code]() if code in KNOWN else None
    if provider is None or not provider.is_usable:
        raise UnknownProvider
    return provider


def labels(names: Iterable[str]) -> dict[str, str]:
    """``{code: label}`` of providers, for pages of staff."""
    return {code: str(KNOWN[code].label) if code in KNOWN else code for code in names}


def _statement(name: str) -> str:
    code, _sign, day = name.partition(":")
    return f"{codes.word('provider', code)} {day}"


codes.COLUMNS["provider"] = labels
codes.NAMES["statement"] = _statement
