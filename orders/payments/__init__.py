"""Payment providers behind one interface (``orders.payments.base``), switched on by ``PAYMENT_PROVIDERS``."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from orders.payments.sandbox import SandboxProvider

KNOWN = {provider.code: provider for provider in (SandboxProvider,)}


class UnknownProvider(DomainError):
    """Nobody of that name takes money for the mall."""

    code = "unknown_provider"
    message = _("This way to pay is not offered. Nothing was changed, please choose another one.")


def offered():
    """The providers that the settings switch on, in their order."""
    return [KNOWN[code]() for code in settings.PAYMENT_PROVIDERS if code in KNOWN]


def get(code):
    """The provider of that code; raises ``UnknownProvider`` when it is not switched on."""
    if code not in settings.PAYMENT_PROVIDERS or code not in KNOWN:
        raise UnknownProvider
    return KNOWN[code]()
