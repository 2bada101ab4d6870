"""What the earning engine is told and what it answers: who earns, for what, and how much (C1-C4, C6, C11).

Drafts are what the rules of a set hand from one to the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

FEN = Decimal("0.01")
ZERO = Decimal(0)
Name = Mapping[str, str]  # {"zh": name, "en": name}
Steps = list[list[Any]]  # [English gettext msgid, result, values], ...


@dataclass(frozen=True, slots=True)
class Earner:
    """Who earns: ``tier`` is normal, silver, gold or diamond, ``multiplier`` that tier's own, ``tier_name`` as the
    shop calls it, text or ``{"zh": text, "en": text}`` (left out: the usual name)."""

    member_id: int
    tier: str = "normal"
    multiplier: Decimal = Decimal(1)
    tier_name: str | Name = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What was paid for goods of one category, in fen; the category by its code. A purchase may list several of one
    category; rules see one."""

    category: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Points earned, how many of them are each line's, and how they came about: ``steps`` are ``[text, result,
    values]`` with an English gettext msgid, as ``breakdown["steps"]`` of an entry holds them; ``rule_version`` is
    ``"v7"``."""

    points: int
    lines: tuple[int, ...]
    steps: Steps
    rule_version: str


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that a member earns in a day of the shop, None for no limit; ``by_behaviour`` is
    ``{code: (points a day, times a day)}``, with ``purchase`` among the codes. Enforced where points are booked."""

    total_points_a_day: int | None
    by_behaviour: Mapping[str, tuple[int | None, int | None]]


@dataclass(slots=True)
class PurchaseDraft:
    """A purchase on its way through the rules: one line a category, ``points`` of each, not rounded yet, changed by
    one rule after the other."""

    earner: Earner
    lines: tuple[Line, ...]
    at: datetime
    points: list[Decimal]
    steps: Steps = field(default_factory=list)

    def yuan(self, number: int) -> Decimal:
        """The amount of a line."""
        return self.lines[number].amount_fen * FEN

    def step(self, text: str, **values: object) -> None:
        """Note what a rule did; the result beside it is the sum so far."""
        self.steps.append([text, plain(sum(self.points, ZERO)), values])


@dataclass(slots=True)
class BehaviourDraft:
    """A behaviour on its way through the rules. ``base`` is what the activity itself gives, None where that is up to
    the rules; ``facts`` is what is known of the case (``{"pictures": 2}``)."""

    earner: Earner
    behaviour: str
    at: datetime
    base: int | None
    facts: Mapping[str, Any]
    points: Decimal
    steps: Steps = field(default_factory=list)

    def step(self, text: str, **values: object) -> None:
        """Note what a rule did; the result beside it is the sum so far."""
        self.steps.append([text, plain(self.points), values])


@dataclass(frozen=True, slots=True)
class DeductionFacts:
    """Points that a member would pay with; ``available`` and ``used_today`` are None where nobody asked for them."""

    earner: Earner
    points: int
    at: datetime
    available: int | None = None
    used_today: int | None = None


def plain(number: Decimal) -> str:
    """A figure of points as a breakdown shows it: at most two places, none that say nothing."""
    text = f"{number.quantize(FEN):f}"
    return text.rstrip("0").rstrip(".")
