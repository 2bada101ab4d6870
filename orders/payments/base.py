"""The interface of a payment provider: create, close, query, refund, parse a callback, statement (F4, F5, F14).

One module or package a provider. None of them knows an order: they speak of a ``Charge`` (one payment, under our
``reference``) and of amounts in fen. Network calls have time-outs and raise ``ProviderUnavailable``; no lock may be
held around them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from orders.payments.devices import Device

# What a provider says of a payment. PAID and FAILED are final: the money is here; none came and none can come.
# RETURNED: it was paid, and some of it went back. DECLINED: a try was refused, another one may follow under the same
# name. WAITING: nothing came so far. UNCLEAR: a word that we do not know, or that takes a person; never final.
PAID, FAILED, RETURNED = "paid", "failed", "returned"
DECLINED, WAITING, UNCLEAR = "declined", "waiting", "unclear"
# Of a refund: DONE and FAILED are final, WAITING and UNCLEAR as above. ABSENT: the provider knows of none by that name.
DONE, ABSENT = "done", "absent"
REFUND_NEWS = "refund"  # a notification that something became of a refund: the provider is asked what
PAYMENT, REFUND = "payment", "refund"  # the lines of a statement
CHINA = ZoneInfo("Asia/Shanghai")  # the clock of all providers


class ProviderUnavailable(DomainError):
    """The provider did not answer, or not in a way that can be used; trying again is safe."""

    code = "provider_unavailable"
    message = _("The payment service does not answer at the moment. Your order is kept, please try again.")


class RefundRefused(DomainError):
    """The provider will not give the money back, now or later."""

    code = "refund_refused"
    message = _("The payment service refuses this refund.")


class NoStatement(DomainError):
    """The provider has no statement of that day: it is not made yet, or there was nothing to state."""

    code = "no_statement"
    message = _("There is no statement of %(provider)s for %(day)s.")


class BadCallback(Exception):
    """The callback cannot be read: not in the provider's form."""

    reason = "malformed"


class BadSignature(BadCallback):
    """The callback is not the provider's, or too old to be believed."""

    reason = "signature"


@dataclass(frozen=True)
class Charge:
    """One payment as a provider sees it. ``reference`` is ours, letters and digits only; ``provider_id`` is theirs."""

    reference: str
    amount_fen: int
    opened_at: datetime
    expires_at: datetime
    provider_id: str = ""


@dataclass(frozen=True)
class RefundOrder:
    """Give ``amount_fen`` of a charge back. The same ``reference`` twice is one refund."""

    charge: Charge
    reference: str
    amount_fen: int
    asked_at: datetime
    notify_url: str


@dataclass(frozen=True)
class Notification:
    """A callback whose signature was verified. ``outcome`` is one of a payment, with the payment's amount, or
    REFUND_NEWS, with the refund's; ``word`` is the provider's own for it. ``event_id`` is unique at the provider.
    ``mismatch`` names what of it is not ours ("merchant", "application", "currency"), empty when all is."""

    event_id: str
    outcome: str
    reference: str
    amount_fen: int
    provider_id: str
    word: str = ""
    mismatch: str = ""


@dataclass(frozen=True)
class Status:
    """The provider's answer about a payment (WAITING also when it knows of none) or about a refund. ``word`` is its
    own for the outcome. ``mismatch`` names what of it is not what was asked about ("order") or not ours, as above."""

    outcome: str
    amount_fen: int = 0
    provider_id: str = ""
    word: str = ""
    mismatch: str = ""


def first_mismatch(*checks: tuple[str, object, object]) -> str:
    """The name of the first of ``(name, theirs, ours)`` that differs; empty when all agree."""
    return next((name for name, theirs, ours in checks if str(theirs) != str(ours)), "")


@dataclass(frozen=True)
class Visit:
    """Where a member comes from and goes back to. ``payer`` is who they are at the provider, empty when nobody knows;
    ``payer_url`` is where the provider sends them with the answer, under ``state``."""

    device: Device
    return_url: str
    notify_url: str
    address: str = ""
    payer: str = ""
    payer_url: str = ""
    state: str = ""


@dataclass(frozen=True)
class Redirect:
    """The member pays at ``url``. ``referrer``: the provider wants to see whose page led there."""

    url: str
    referrer: bool = False


@dataclass(frozen=True)
class Form:
    """The member pays after posting ``fields`` to ``url``."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Code:
    """The member scans ``text`` as a QR code with the provider's app."""

    text: str


@dataclass(frozen=True)
class Bridge:
    """The member pays in the very page: ``parameters`` are for the script bridge of WeChat's browser."""

    parameters: dict[str, Any]


@dataclass(frozen=True)
class StatementLine:
    """What a provider says it took (``kind`` PAYMENT) or gave back (REFUND); ``amount_fen`` is positive for both.

    ``refund_reference`` is empty for payments. ``at`` is the provider's moment.
    """

    kind: str
    reference: str
    refund_reference: str
    amount_fen: int
    provider_id: str
    at: datetime | None = None


@dataclass(frozen=True)
class UnreadRow:
    """A row of a statement that nobody could read: its line in the file and its text."""

    number: int
    text: str


@dataclass(frozen=True)
class Bill:
    """A day's statement: what could be read of it, and the rows that could not."""

    lines: list[StatementLine] = field(default_factory=list)
    unread: list[UnreadRow] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.lines and not self.unread

    def add(self, line: StatementLine | None) -> None:
        """Take a line in; None is a row that moved no money."""
        if line is not None:
            self.lines.append(line)


class Provider(ABC):
    """``code`` is stored and stands in addresses, members read ``label``, ``acknowledgement`` answers a callback.

    ``form_origins`` are the sites that ``create`` may lead to, as ``https://pay.example.com``; the setting
    ``PAYMENT_FORM_ORIGINS`` must have them, or browsers stop the member there. ``proof`` are the headers (lower-case
    names) of a callback that are kept with it. ``needs`` are its settings as ``{environment variable: value}``.
    ``faults`` are those that are set and cannot be used, as ``{environment variable: why}``; ``check`` tells of them.
    ``day_ends`` is when a statement's day ends; after midnight it is the day itself that does.
    ``confirms_news``: what a notification says is believed only after asking.
    """

    code: str
    label: str | Promise
    icon: str = "credit-card"
    acknowledgement: str = "success"
    acknowledgement_type: str = "text/plain"
    form_origins: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    devices: frozenset[Device] = frozenset(Device)
    day_ends: time = time.max
    confirms_news: bool = False

    @property
    def needs(self) -> dict[str, str]:
        """What must be set before it can work."""
        return {}

    @property
    def missing(self) -> list[str]:
        """The variables that are not set."""
        return [name for name, value in self.needs.items() if not value]

    @property
    def faults(self) -> dict[str, str]:
        """What is set and cannot be used. It is read as a payment would read it."""
        return {}

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked and believed at all."""
        return not self.missing and not self.faults

    @property
    @abstractmethod
    def merchant(self) -> str:
        """Our number at the provider; a callback for another one is refused."""

    def refusal(self, reason: str) -> str:
        """The body that answers a refused callback, of the same type as ``acknowledgement``."""
        return reason

    def kind(self, device: Device) -> str:
        """How a member on that device pays: a payment that was opened one way is not gone on with in another."""
        return self.code

    @abstractmethod
    def create(
        self, *, charge: Charge, title: str, expires_at: datetime, visit: Visit
    ) -> Redirect | Form | Code | Bridge:
        """Open a payment; returns a ``Redirect``, ``Form``, ``Code`` or ``Bridge``. The same reference twice is one."""

    def payer_of(self, *, code: str) -> str:
        """Who the member is at the provider, by the ``code`` that came to ``Visit.payer_url``."""
        raise ProviderUnavailable

    @abstractmethod
    def query(self, *, charge: Charge, at: datetime) -> Status:
        """Ask what became of a payment by the moment ``at``; returns a ``Status``."""

    def close(self, *, charge: Charge) -> bool:
        """See to it that nobody pays it any more; True when no money can come. Not all providers can."""
        return False

    @abstractmethod
    def refund(self, *, refund: RefundOrder) -> Status:
        """Give money back; returns a ``Status``. Raises ``RefundRefused``."""

    @abstractmethod
    def query_refund(self, *, refund: RefundOrder) -> Status:
        """Ask what became of a refund; returns a ``Status``."""

    def needs_new_name(self, *, word: str) -> bool:
        """Whether a refund that failed with the provider's ``word`` can only be asked for again under another name."""
        return False

    @abstractmethod
    def parse_callback(self, *, headers: Mapping[str, str], body: bytes, at: datetime) -> Notification:
        """A ``Notification`` from headers (lower-case names) and raw bytes; raises ``BadCallback``."""

    @abstractmethod
    def statement(self, *, day: date) -> Bill:
        """The ``Bill`` of a day of the provider's. Raises ``NoStatement``."""
