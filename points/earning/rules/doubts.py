"""What looks like a mistake in a rule set, asked of the engine before anybody earns by it (C8)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_noop as N_

from points.earning.rules import engine, goods, saying
from points.earning.rules.engine import Caps, Earner, Line, RuleSet
from points.earning.rules.saying import Names
from points.ledger.rules import value

PROBES_YUAN = (1, *saying.AMOUNTS_YUAN)
Points = dict[tuple[str, str, int], int]  # of tier, category and yuan
BASE = 10  # points of an activity that has figures of its own


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sentence, an English gettext msgid, and its values."""

    text: str
    values: dict[str, Any]


def doubts(rule_set: RuleSet, earners: Sequence[Earner], at: datetime, names: Names) -> list[Doubt]:
    """``[Doubt, ...]`` about a rule set; ``earners`` has one of each tier, lowest first, ``names`` are those of the
    mall's categories (``goods.names``). None for sensible rules."""
    codes = saying.kinds_of_goods(rule_set, earners, at, names)
    cases = [(earner, code, yuan) for earner in earners for code in codes for yuan in PROBES_YUAN]
    purchases = [(earner, Line(code, yuan * 100)) for earner, code, yuan in cases]
    effects = _effects(rule_set, purchases, earners, at)
    of_rules = []
    for number, rule in enumerate(rule_set.rules, 1):
        values = {"n": number, "rule": rule.label}
        without = replace(rule_set, rules=(*rule_set.rules[: number - 1], *rule_set.rules[number:]))
        if (broken := rule.broken()) is not None:
            text, more = broken
            of_rules.append(Doubt(text, values | more))
        elif rule.works_on_earnings() and _effects(without, purchases, earners, at) == effects:
            of_rules.append(Doubt(N_("Rule %(n)s, “%(rule)s”, changes nothing where it stands."), values))
        if unknown := goods.unknown(rule.goods(), names):
            text = N_("Rule %(n)s, “%(rule)s”: the mall has no category %(codes)s.")
            of_rules.append(Doubt(text, values | {"codes": {"zh": "、".join(unknown), "en": ", ".join(unknown)}}))
    return [*_of_purchases(rule_set, earners, cases, at), *_twice(rule_set), *of_rules]


def _effects(
    rule_set: RuleSet, purchases: list[tuple[Earner, Line]], earners: Sequence[Earner], at: datetime
) -> tuple[list[Decimal], list[int], Caps]:
    """All that the rules do to earnings, as far as these purchases and some acts can tell."""
    acts = [
        engine.behaviour_points(rule_set, earner, behaviour, at, base, case).points
        for earner in earners
        for behaviour in engine.BEHAVIOURS
        for base in ((BASE,) if behaviour in engine.WITH_BASE else (None,))
        for case in (None, saying.CASES.get(behaviour))
    ]
    return engine.exact_points(rule_set, purchases, at), acts, engine.caps(rule_set)


def _twice(rule_set: RuleSet) -> list[Doubt]:
    """Rules of which one is enough: their figures add up, or multiply each other."""
    kinds: Counter[tuple[Any, ...]] = Counter()
    for rule in rule_set.rules:
        if rule.once_by is not None:
            kinds[rule.label, tuple(getattr(rule, name) for name in rule.once_by)] += 1
    return [
        Doubt(N_("“%(rule)s” stands there %(n)s times, and each one counts."), {"rule": label, "n": n})
        for (label, _subject), n in kinds.items()
        if n > 1
    ]


def _of_purchases(
    rule_set: RuleSet, earners: Sequence[Earner], cases: list[tuple[Earner, str, int]], at: datetime
) -> list[Doubt]:
    outcomes = engine.purchases_points(
        rule_set, [(earner, [Line(code, yuan * 100)], at) for earner, code, yuan in cases]
    )
    points = {
        (earner.tier, code, yuan): outcome.points for (earner, code, yuan), outcome in zip(cases, outcomes, strict=True)
    }
    if not any(points.values()):
        return [Doubt(N_("Purchases earn nothing."), {})]
    looks = (_higher_tier_less, _more_money_less, _more_than_paid)
    return [found for look in looks if (found := next(look(points, earners), None))]


def _higher_tier_less(points: Points, earners: Sequence[Earner]) -> Iterator[Doubt]:
    for lower, higher in pairwise(earners):
        for (tier, code, yuan), of_lower in points.items():
            if tier == lower.tier and points[higher.tier, code, yuan] < of_lower:
                yield Doubt(
                    N_("%(higher)s earn less than %(lower)s: for ¥%(yuan)s they get %(points)s instead of %(more)s."),
                    {
                        "higher": higher.tier_name,
                        "lower": lower.tier_name,
                        "yuan": yuan,
                        "points": points[higher.tier, code, yuan],
                        "more": of_lower,
                    },
                )


def _more_money_less(points: Points, _earners: Sequence[Earner]) -> Iterator[Doubt]:
    for less, more in pairwise(PROBES_YUAN):
        for (tier, code, yuan), of_less in points.items():
            if yuan == less and points[tier, code, more] < of_less:
                yield Doubt(
                    N_("Who pays more gets less: %(points)s points for ¥%(yuan)s, and %(more)s for ¥%(less)s."),
                    {"less": less, "yuan": more, "more": of_less, "points": points[tier, code, more]},
                )


def _more_than_paid(points: Points, earners: Sequence[Earner]) -> Iterator[Doubt]:
    names = {earner.tier: earner.tier_name for earner in earners}
    for (tier, _code, yuan), earned in points.items():
        worth_fen = value.worth_fen(earned)
        if worth_fen > yuan * 100:
            yield Doubt(
                N_("%(tier)s get back more than they pay: for ¥%(yuan)s %(points)s points, worth %(worth)s."),
                {"tier": names[tier], "yuan": yuan, "points": earned, "worth": {"fen": worth_fen}},
            )
