"""What a parcel costs, by province and weight (F12)."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.live import Live
from orders.models import ShippingRate


@dataclass(frozen=True, slots=True)
class Rate:
    """As in ``ShippingRate``; no ``provinces`` means all that no other rate names."""

    provinces: frozenset[str] = frozenset()
    first_g: int = 1000
    first_fen: int = 0
    further_g: int = 1000
    further_fen: int = 0
    free_from_fen: int | None = None

    def fee(self, grams: int) -> int:
        """The fee of a parcel of ``grams``: begun weights count whole."""
        further = max(grams - self.first_g, 0)
        return self.first_fen + -(-further // self.further_g) * self.further_fen


def rate_for(rates: Sequence[Rate], region: str) -> Rate | None:
    """The first ``Rate`` that names the province of ``region`` (six digits), else the first for everywhere else, else
    None: where the shop asks for nothing, the parcel is free."""
    province = region[:2]
    named = (rate for rate in rates if province in rate.provinces)
    return next(named, None) or next((rate for rate in rates if not rate.provinces), None)


def _load() -> tuple[Rate, ...]:
    fields = ("provinces", "first_g", "first_fen", "further_g", "further_fen", "free_from_fen")
    rows = ShippingRate.objects.filter(is_active=True).values(*fields)
    return tuple(Rate(**row | {"provinces": frozenset(row["provinces"])}) for row in rows)


RATES = Live("shipping_rates", _load)
