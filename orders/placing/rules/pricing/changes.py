"""What is different between the sum that a member saw and the one of now: checkout stops and says so (F2)."""

from dataclasses import dataclass

from django.utils.functional import Promise

from core.formats import price_text
from orders.placing.rules.pricing.order import PricedOrder
from orders.placing.rules.pricing.sums import Sum


@dataclass(frozen=True, slots=True)
class Change:
    """``sku_id`` of the line that changed, or None and the ``label`` of a line of the sum; empty texts: not there."""

    sku_id: int | None
    label: str | Promise
    before: str
    after: str


def changes(before: PricedOrder, after: PricedOrder) -> list[Change]:
    """Every ``Change`` from one ``PricedOrder`` to another: prices of lines first, then the lines of the sum."""
    found = []
    old, new = _lines(before), _lines(after)
    for key in dict.fromkeys([*old, *new]):
        if old.get(key, "") != new.get(key, ""):
            found.append(Change(key[0], "", old.get(key, ""), new.get(key, "")))
    for code in dict.fromkeys(line.code for line in (*before.sums, *after.sums)):
        was, now = _text(before, code), _text(after, code)
        if was != now:
            found.append(Change(None, Sum(code).label, was, now))
    return found


def _lines(priced: PricedOrder) -> dict[tuple[int, str], str]:
    return {
        (line.sku_id, line.way): f"{price_text(line.unit_points, line.unit_fen)} × {line.quantity}"
        for line in priced.lines
    }


def _text(priced: PricedOrder, code: str) -> str:
    return "; ".join(str(line.text) for line in priced.sums if line.code == code)
