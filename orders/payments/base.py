"""The interface of a payment provider: create, query, refund, parse a callback (F4, F5).

One module a provider. None of them knows an order: they speak of a ``reference`` (our name for one payment) and of
amounts in fen. Network calls have time-outs and raise ``ProviderUnavailable``; no lock may be held around them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

PAID, FAILED, WAITING = "paid", "failed", "waiting"


class ProviderUnavailable(DomainError):
    """The provider did not answer, or not in a way that can be used; trying again is safe."""

    code = "provider_unavailable"
    message = _("The payment service does not answer at the moment. Your order is kept, please try again.")


class RefundRefused(DomainError):
    """The provider will not give the money back, now or later."""

    code = "refund_refused"
    message = _("The payment service refuses this refund.")


class BadCallback(Exception):
    """The callback cannot be read: not in the provider's form."""

    reason = "malformed"


class BadSignature(BadCallback):
    """The callback is not the provider's, or too old to be believed."""

    reason = "signature"


@dataclass(frozen=True)
class Notification:
    """A callback whose signature was verified. ``outcome``: PAID or FAILED; ``event_id`` is unique at the provider."""

    event_id: str
    outcome: str
    merchant: str
    reference: str
    amount_fen: int
    provider_id: str


@dataclass(frozen=True)
class Status:
    """The provider's answer about one payment. ``outcome`` is PAID, FAILED or WAITING (also when it knows of none)."""

    outcome: str
    amount_fen: int = 0
    provider_id: str = ""


class Provider(ABC):
    """``code`` is stored and stands in addresses, members read ``label``, ``acknowledgement`` answers a callback.

    ``form_origins`` are the sites that ``create`` may lead to, as ``https://pay.example.com``; the setting
    ``PAYMENT_FORM_ORIGINS`` must have them, or browsers stop the member there. ``proof`` are the headers (lower-case
    names) of a callback that are kept with it.
    """

    code: str
    label: str
    icon: str = "credit-card"
    acknowledgement: str = "success"
    form_origins: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()

    @property
    @abstractmethod
    def merchant(self):
        """Our number at the provider; a callback for another one is refused."""

    @abstractmethod
    def create(self, *, reference, amount_fen, title, return_url, notify_url, expires_at):
        """Open a payment and return the address where the member pays. The same reference twice is one payment."""

    @abstractmethod
    def query(self, *, reference):
        """Ask what became of a payment; returns a ``Status``."""

    @abstractmethod
    def refund(self, *, reference, refund_reference, amount_fen):
        """Give money back. The same ``refund_reference`` twice gives it back once. Raises ``RefundRefused``."""

    @abstractmethod
    def parse_callback(self, *, headers, body, at):
        """A ``Notification`` from headers (lower-case names) and raw bytes; raises ``BadCallback``."""
