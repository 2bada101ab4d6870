"""How much a rule set gives beside another one, by examples that the engine works out (C8).

The largest of them says whether a second person has to look, not an average: who would gain by a rule picks the
purchase that it was made for. A script may do anything with an amount, and no example shows what it does not do: so a
script that the other rule set does not use is a change of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from points.earning.rules import engine
from points.earning.rules.engine import BEHAVIOURS, WITH_BASE, Earner, Line, RuleSet
from points.earning.rules.saying import AMOUNTS_YUAN, CASES, Names, kinds_of_goods
from points.earning.rules.scripts import Script

BASE = 100  # points, of a behaviour whose activity says how many
ROUNDING = 1  # point: so much two rates that are nearly the same may lie apart
WHOLLY = 10**6  # percent: a limit that comes or goes has no figure


@dataclass(frozen=True, slots=True)
class Change:
    """What one example gives ``before`` and ``after``: goods of the category ``code`` for ``yuan``, or else the
    behaviour ``code``, of a member of the ``tier``. Without a tier it is a limit a day of ``code``, None for none."""

    code: str
    tier: str
    yuan: int | None
    before: int | None
    after: int | None

    @property
    def percent(self) -> int:
        """How many percent members get more by it, or less, rounding left out."""
        if self.before == self.after:
            return 0
        if self.before is None or self.after is None:
            return WHOLLY if self.after is None else -WHOLLY
        rise = self.after - self.before
        apart = max(abs(rise) - (ROUNDING if self.tier else 0), 0) * 100 / max(self.before, 1)
        return round(apart) if rise > 0 else -round(apart)


def changes(before: RuleSet, after: RuleSet, earners: Sequence[Earner], at: datetime, names: Names) -> list[Change]:
    """``[Change, ...]`` of rule set ``after`` beside ``before``, the largest first; ``names`` are those of the mall's
    categories (``goods.names``)."""
    codes = {code for rules in (before, after) for code in kinds_of_goods(rules, earners, at, names)}
    found = [
        *_purchases(before, after, earners, sorted(codes), at),
        *_behaviours(before, after, earners, at),
        *_limits(before, after),
    ]
    return sorted((change for change in found if change.percent), key=lambda change: -abs(change.percent))


def new_scripts(before: RuleSet, after: RuleSet) -> list[str]:
    """Codes of the scripts that ``after`` uses and ``before`` does not."""
    return sorted(scripts(after) - scripts(before))


def scripts(rule_set: RuleSet) -> set[str]:
    """Codes of the scripts that it uses."""
    return {rule.script for rule in rule_set.rules if isinstance(rule, Script)}


def _purchases(
    before: RuleSet, after: RuleSet, earners: Sequence[Earner], codes: Sequence[str], at: datetime
) -> Iterator[Change]:
    for code in codes:
        for yuan in AMOUNTS_YUAN:
            lines = [Line(code, yuan * 100)]
            for earner in earners:
                given = [engine.purchase_points(rules, earner, lines, at).points for rules in (before, after)]
                yield Change(code, earner.tier, yuan, *given)


def _behaviours(before: RuleSet, after: RuleSet, earners: Sequence[Earner], at: datetime) -> Iterator[Change]:
    for code in BEHAVIOURS:
        base = BASE if code in WITH_BASE else None
        for facts in ({}, CASES.get(code, {})):
            for earner in earners:
                given = [
                    engine.behaviour_points(rules, earner, code, at, base, facts).points for rules in (before, after)
                ]
                yield Change(code, earner.tier, None, *given)


def _limits(before: RuleSet, after: RuleSet) -> Iterator[Change]:
    one, other = engine.caps(before), engine.caps(after)
    yield Change("", "", None, one.total_points_a_day, other.total_points_a_day)
    for code in sorted({*one.by_behaviour, *other.by_behaviour}):
        limits = [caps.by_behaviour.get(code, (None, None)) for caps in (one, other)]
        for pair in zip(*limits, strict=True):  # points, then times
            yield Change(code, "", None, *pair)
