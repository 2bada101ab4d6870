"""Payment providers behind one interface (``orders.payments.base``).

``PAYMENT_PROVIDERS`` says who is offered for new payments. What is on its way with a provider that was switched off
afterwards still comes to its end: it may call back, is asked, and gives money back.
"""

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


def offer(code):
    """The provider of that code for a new payment; raises ``UnknownProvider`` when it is not switched on."""
    if code not in settings.PAYMENT_PROVIDERS:
        raise UnknownProvider
    return get(code)


def get(code):
    """The provider of that code for a payment that was opened, switched on or not; raises ``UnknownProvider``."""
    if code not in KNOWN:
        raise UnknownProvider
    return KNOWN[code]()
