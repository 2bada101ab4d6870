"""Everything a price depends on. Rules see this and nothing else: no query, no clock, no setting."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from catalog.prices import Price
from orders.shipping.rules import Rate
from points.ledger.rules import value
from points.tiers.rules import Benefits


class Choice(NamedTuple):
    """What a member wants of one SKU. ``way`` is a ``catalog.models.Way``."""

    sku_id: int
    way: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Goods:
    """A choice at the price of one piece. ``weight_g`` of one piece; None: not known, 0: nothing is sent."""

    choice: Choice
    price: Price
    weight_g: int | None = None


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """A coupon that the member chose and may use now; fields as in ``orders.models.Coupon``."""

    id: int
    kind: str
    name: str = ""
    off_fen: int = 0
    percent: int = 0
    minimum_fen: int = 0


@dataclass(frozen=True, slots=True)
class DeductionPolicy:
    """How points may pay cash: at most ``cap_percent`` of it, ``minimum`` points or more, in whole ``step``s.

    ``points_per_yuan``: what a point is worth.
    """

    cap_percent: int = 50
    minimum: int = 100
    step: int = 100
    points_per_yuan: int = 100

    def worth_fen(self, points: int) -> int:
        return value.worth_fen(points, self.points_per_yuan)

    def points_within(self, fen: int) -> int:
        """The most points that are worth no more than ``fen``."""
        return value.points_within(fen, self.points_per_yuan)


@dataclass(frozen=True, slots=True)
class PricingFacts:
    """What is bought, by whom, under which terms.

    ``deduct``: points that the member would like to pay cash with; ``available``: those they can spend, None: not
    asked. ``region``: district code of the address, empty while there is none. ``rates``: the ``Rate``s of parcels.
    ``veto(points, available)``: why the rules of points refuse a deduction out of so many, or None.
    """

    goods: tuple[Goods, ...]
    at: datetime | None = None
    benefits: Benefits | None = None
    coupons: tuple[CouponTerms, ...] = ()
    deduct: int = 0
    available: int | None = None
    policy: DeductionPolicy = DeductionPolicy()
    region: str = ""
    rates: tuple[Rate, ...] = ()
    veto: Callable[[int, int | None], str | None] | None = None
