"""The interface of a logistics service: ask where a parcel is, have changes pushed, read a push (F8).

One module a service. None of them knows an order or a row: they speak of a carrier's code and a tracking number.
Network calls have time-outs and raise ``TrackingUnavailable`` or, about one parcel, ``ParcelRefused``; no lock may be
held around them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class TrackingUnavailable(DomainError):
    """The service did not answer, or nobody of us, or not in a way that can be used; asking later is safe."""

    code = "tracking_unavailable"
    message = _("The logistics service does not answer at the moment.")


class ParcelRefused(DomainError):
    """The service answers, but not about this parcel: it does not take the carrier, the number or the phone."""

    code = "parcel_refused"
    message = _("The logistics service cannot say where this parcel is.")


class BadPush(Exception):
    """The push is not the service's, or cannot be read. ``reason`` says why in one word."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Step:
    """One line of a parcel's way, in the carrier's words."""

    at: datetime
    text: str
    place: str = ""


@dataclass(frozen=True)
class Way:
    """What the service knows of a parcel: ``state`` is a ``ParcelState``, ``steps`` are oldest first. Of a parcel that
    it has not heard of, the state is ``unknown`` and there are no steps. ``mistaken`` is the carrier that we named,
    where the service found out that it is another, ``carrier``. ``is_given_up``: it pushes no more of this parcel."""

    carrier: str
    number: str
    state: str
    steps: tuple[Step, ...] = ()
    mistaken: str = ""
    is_given_up: bool = False


class Tracker(ABC):
    """``code`` stands in the address that the service pushes to."""

    code: str

    @property
    @abstractmethod
    def pushes(self):
        """Whether it is set up to tell us of changes by itself."""

    @abstractmethod
    def query(self, *, carrier, number, phone):
        """Ask where a parcel is; returns a ``Way``. ``phone`` is the recipient's, E.164: some carriers want its end."""

    @abstractmethod
    def subscribe(self, *, carrier, number, phone, callback_url):
        """Have changes pushed to ``callback_url``. The same parcel twice is one subscription."""

    @abstractmethod
    def parse_push(self, form):
        """The ``Way`` in a push whose signature is right; raises ``BadPush``."""

    @abstractmethod
    def answer(self):
        """What a push is answered with (JSON)."""
