"""Price rules in their order, and the draft that they work on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from core import shares
from orders.placing.rules.pricing.facts import Goods, PricingFacts
from orders.placing.rules.pricing.order import NOTHING_APPLIED, Applied, Note, PricedLine, PricedOrder
from orders.placing.rules.pricing.sums import Sum


class Stage(IntEnum):
    """When a rule has its turn. Each works on what the ones before have left.

    ``PROMOTION`` is for lowered prices and bundles of the catalogue (E7): their rules register there.
    """

    GOODS = 10
    TIER = 20
    PROMOTION = 30
    MEMBER_DAY = 40
    COUPON = 50
    DEDUCTION = 60
    SHIPPING = 70
    FREE_SHIPPING = 80


@dataclass
class DraftLine:
    """One line with what is still to pay for it: ``points`` and ``fen`` of all its pieces.

    ``deduction`` is what points pay of its cash, counted apart until the end: nothing is taken off it.
    """

    goods: Goods
    points: int
    fen: int
    deduction: int = 0


@dataclass
class Draft:
    """The order while rules are at work: they read ``facts``, take off by ``take_points`` and ``take_fen``, add what
    costs more to ``sums``, and leave a ``note`` where they cannot do what was asked for."""

    facts: PricingFacts
    lines: list[DraftLine]
    sums: list[Sum] = field(default_factory=list)
    coupons: list[int] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    deduction: Applied = NOTHING_APPLIED
    shipping_fen: int = 0

    @property
    def points(self) -> int:
        """Points still to pay for goods."""
        return sum(line.points + line.deduction for line in self.lines)

    @property
    def fen(self) -> int:
        """Cash still to pay for goods, the parcel apart."""
        return sum(line.fen for line in self.lines)

    def take_points(self, code: str, points: int, *, lines: Sequence[DraftLine] | None = None, **values: Any) -> int:
        """Take up to ``points`` off the lines (all, or those given) and put a line into the sum; what was taken."""
        return self._take("points", code, points, lines, values)

    def take_fen(self, code: str, fen: int, *, lines: Sequence[DraftLine] | None = None, **values: Any) -> int:
        """Take up to ``fen`` off the lines (all, or those given) and put a line into the sum; what was taken."""
        return self._take("fen", code, fen, lines, values)

    def take_percent(self, code: str, percent: int, *, lines: Sequence[DraftLine] | None = None, **values: Any) -> int:
        """Take ``percent`` off the points, rounded down once for all lines together."""
        chosen = self.lines if lines is None else lines
        points = sum(line.points for line in chosen) * percent // 100
        return self.take_points(code, points, lines=chosen, percent=percent, **values)

    def deduct(self, points: int, fen: int, lines: Sequence[DraftLine], **values: Any) -> None:
        """Let ``points`` pay ``fen`` of the cash of ``lines``."""
        parts = shares.split(fen, [line.fen for line in lines])
        for line, part, paid in zip(lines, parts, shares.split(points, parts), strict=True):
            line.fen -= part
            line.deduction += paid
        self.sums.append(Sum("deduction", points=points, fen=-fen, values=values))

    def note(self, code: str, **values: Any) -> None:
        self.notes.append(Note(code, values))

    def _take(
        self, unit: str, code: str, amount: int, lines: Sequence[DraftLine] | None, values: dict[str, Any]
    ) -> int:
        chosen = self.lines if lines is None else lines
        left = [getattr(line, unit) for line in chosen]
        taken: int = min(amount, sum(left))
        if taken <= 0:
            return 0
        for line, part in zip(chosen, shares.split(taken, left), strict=True):
            setattr(line, unit, getattr(line, unit) - part)
        self.sums.append(Sum(code, **{unit: -taken}, values=values))
        return taken


PriceRule = Callable[[Draft], object]
_rules: list[tuple[Stage, PriceRule]] = []


def price_rule(stage: Stage) -> Callable[[PriceRule], PriceRule]:
    """Register the decorated ``rule(draft)``; of one stage, in the order of registration."""

    def register(rule: PriceRule) -> PriceRule:
        _rules.append((stage, rule))
        _rules.sort(key=lambda entry: entry[0])
        return rule

    return register


def rules() -> list[tuple[Stage, PriceRule]]:
    """All rules, ``[(Stage, rule)]``, in the order in which they run."""
    return list(_rules)


def price_order(facts: PricingFacts) -> PricedOrder:
    """The ``PricedOrder`` of ``PricingFacts``."""
    lines = [
        DraftLine(each, each.price.points * each.choice.quantity, each.price.fen * each.choice.quantity)
        for each in facts.goods
    ]
    draft = Draft(facts, lines)
    for _stage, rule in _rules:
        rule(draft)
    return PricedOrder(
        lines=tuple(_priced(line) for line in draft.lines),
        sums=tuple(draft.sums),
        coupons=tuple(draft.coupons),
        deduction=draft.deduction,
        notes=tuple(draft.notes),
    )


def _priced(line: DraftLine) -> PricedLine:
    choice, price = line.goods.choice, line.goods.price
    return PricedLine(
        choice.sku_id,
        choice.way,
        choice.quantity,
        price.points,
        price.fen,
        paid_points=line.points + line.deduction,
        paid_fen=line.fen,
    )
