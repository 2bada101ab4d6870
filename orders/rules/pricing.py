"""What an order costs: one pure function for cart, checkout and order (F1, F2).

The client sends choices (which SKU, in which way, how many); prices come from the catalogue, and every amount here is
an integer: points, or fen. Each line of the sum is a ``Sum``, so that whoever reads the total can follow it.
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

SUM_LABELS = {
    "goods_points": _("Points for goods"),
    "goods_cash": _("Cash for goods"),
    "shipping": _("Shipping"),
}


class Choice(NamedTuple):
    """What a member wants of one SKU. ``way`` is a ``catalog.models.Way``."""

    sku_id: int
    way: str
    quantity: int


@dataclass(frozen=True)
class PricedLine:
    """A choice at the price of one piece."""

    sku_id: int
    way: str
    quantity: int
    unit_points: int
    unit_fen: int

    @property
    def points(self):
        return self.unit_points * self.quantity

    @property
    def fen(self):
        return self.unit_fen * self.quantity


@dataclass(frozen=True)
class Sum:
    """One line of the sum; deductions are negative."""

    code: str
    points: int = 0
    fen: int = 0

    @property
    def label(self):
        return SUM_LABELS[self.code]


@dataclass(frozen=True)
class PricedOrder:
    """Lines, the sums that make the total, and the total."""

    lines: tuple[PricedLine, ...]
    sums: tuple[Sum, ...]

    @property
    def points(self):
        return sum(line.points for line in self.sums)

    @property
    def fen(self):
        return sum(line.fen for line in self.sums)

    @property
    def pieces(self):
        return sum(line.quantity for line in self.lines)

    def of(self, code):
        """The line of the sum with that code, an empty one when the order has none."""
        return next((line for line in self.sums if line.code == code), Sum(code))

    @property
    def digest(self):
        """A short name of everything that was shown; it differs as soon as one line, price or sum does."""
        parts = [f"{x.sku_id}/{x.way}/{x.quantity}/{x.unit_points}/{x.unit_fen}" for x in sorted(self.lines, key=str)]
        parts += [f"{x.code}/{x.points}/{x.fen}" for x in self.sums]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def price_order(priced_choices):
    """Price pairs of ``(Choice, catalog.rules.Price)``; the prices are those of one piece."""
    lines = tuple(
        PricedLine(choice.sku_id, choice.way, choice.quantity, price.points, price.fen)
        for choice, price in priced_choices
    )
    sums = [Sum("goods_points", points=sum(line.points for line in lines))]
    if goods_fen := sum(line.fen for line in lines):
        sums.append(Sum("goods_cash", fen=goods_fen))
    sums.append(shipping(lines))
    return PricedOrder(lines, tuple(sums))


def stored(sums):
    """The sums as an order keeps them (JSON)."""
    return [{"code": line.code, "points": line.points, "fen": line.fen} for line in sums]


def restored(sums):
    """What ``stored`` kept, as ``Sum``."""
    return [Sum(**line) for line in sums]


def shipping(lines):
    """The shipping line of the sum. Every parcel of the mall travels free for now."""
    return Sum("shipping")
