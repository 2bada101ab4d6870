"""The outcome of pricing: lines with their shares, the sums that make the total, and the total."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.placing.rules.pricing.sums import Sum

NOTES = {
    "coupon_minimum": _("“%(name)s” needs %(missing)s more cash for goods."),
    "coupon_not_today": _("“%(name)s” counts on member days."),
    "coupon_nothing": _("“%(name)s” has nothing to lower here and stays yours."),
    "coupon_same_kind": _("One coupon of a kind for each order: “%(name)s” stays yours."),
    "deduction_none": _("Points can pay cash only where an item is offered for cash."),
    "deduction_less": _("%(applied)s of the %(requested)s points can be deducted here."),
    "deduction_minimum": _(
        "Points are deducted from %(minimum)s on, in steps of %(step)s; %(most)s are possible here."
    ),
    "deduction_refused": "%(reason)s",
}


@dataclass(frozen=True)
class Note:
    """Why something that was asked for is not in the sum."""

    code: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return str(NOTES[self.code]) % self.values


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A choice at the price of one piece; ``paid_points`` and ``paid_fen`` are its share of what is paid for goods."""

    sku_id: int
    way: str
    quantity: int
    unit_points: int
    unit_fen: int
    paid_points: int
    paid_fen: int

    @property
    def points(self) -> int:
        return self.unit_points * self.quantity

    @property
    def fen(self) -> int:
        return self.unit_fen * self.quantity


@dataclass(frozen=True, slots=True)
class Applied:
    """Points instead of cash: ``requested`` by the member, ``applied`` now, ``most`` that would be possible."""

    requested: int = 0
    applied: int = 0
    most: int = 0


NOTHING_APPLIED = Applied()


@dataclass(frozen=True)
class PricedOrder:
    """``coupons``: ids of those that are used; ``notes`` say what was asked for and is not in the sum."""

    lines: tuple[PricedLine, ...]
    sums: tuple[Sum, ...]
    coupons: tuple[int, ...] = ()
    deduction: Applied = NOTHING_APPLIED
    notes: tuple[Note, ...] = ()

    @cached_property
    def points(self) -> int:
        return sum(line.points for line in self.sums)

    @cached_property
    def fen(self) -> int:
        return sum(line.fen for line in self.sums)

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    def of(self, code: str) -> Sum:
        """The line of the sum with that code, an empty one when the order has none."""
        return next((line for line in self.sums if line.code == code), Sum(code))

    @property
    def goods_points(self) -> int:
        return self.of("goods_points").points

    @property
    def goods_fen(self) -> int:
        return self.of("goods_cash").fen

    @property
    def shipping_fen(self) -> int:
        """What is paid for the parcel, after all that makes it cheaper."""
        return sum(self.of(code).fen for code in ("shipping", "tier_shipping", "coupon_shipping"))

    @property
    def deduction_points(self) -> int:
        return self.of("deduction").points

    @property
    def deduction_fen(self) -> int:
        return -self.of("deduction").fen

    @property
    def discount_points(self) -> int:
        return self.goods_points + self.deduction_points - self.points

    @property
    def discount_fen(self) -> int:
        return self.goods_fen - self.deduction_fen + self.shipping_fen - self.fen

    @cached_property
    def digest(self) -> str:
        """A short name of everything that was shown; it differs as soon as one line, price, share or sum does."""
        lines = sorted(
            (x.sku_id, x.way, x.quantity, x.unit_points, x.unit_fen, x.paid_points, x.paid_fen) for x in self.lines
        )
        sums = [(x.code, x.points, x.fen, x.values) for x in self.sums]
        whole = json.dumps([lines, sums, sorted(self.coupons)], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()[:16]
