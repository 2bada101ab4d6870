"""What may be said about what a rule set earns: every figure is asked of the engine that books (C8, C11).

A rule's own figures are not what a member gets: another rule may change them, a script may throw them away. So pages
never read them. Where all rules on purchases are ``proportional``, what goods of a category earn is a rate, and the
engine tells it. Where they are not, only what the engine gives for certain purchases can be promised: examples.

While a transition lasts an earning may be better than what is said of the rate, never worse.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from points.earning.rules import engine
from points.earning.rules.caps import within
from points.earning.rules.engine import PURCHASE, Earner, Line, Name, Rule, RuleSet

OTHER = ""  # goods of no category: they earn like those that no rule treats apart
AMOUNTS_YUAN = (10, 100, 1000, 10_000)  # of examples
EXAMPLE_YUAN = AMOUNTS_YUAN[1]
PROBE_YUAN = 10_000
ROUND_YUAN = tuple(figure * 10**zeros for zeros in range(6) for figure in (1, 2, 5))
MOST_YUAN = 100_000
PLACES = 100  # hundredths of a point are the finest figure that is shown
MOST_DENOMINATOR = 10**7
Names = Mapping[str, Name]
Value = TypeVar("Value", bound=Hashable)
CLOSE = Fraction(1, 10**12)
CASES = {"review": {"pictures": 1}}  # circumstances under which a behaviour may earn more


@dataclass(frozen=True, slots=True)
class Rate:
    """Every ``yuan`` paid for goods of the categories ``codes`` (none: of all others) gives so many ``points``."""

    points: Decimal
    yuan: int
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bonus:
    """Goods of these categories earn so many percent more, or less, than others."""

    percent: Decimal
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """What a purchase of goods of one of these categories (none: of any other) is booked with, on a day without other
    earnings: a figure for each of ``AMOUNTS_YUAN``."""

    points: tuple[int, ...]
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfPurchases:
    """Rates, and what is more or less than they are; or else examples. ``earns`` is False where purchases give nothing.
    ``names`` has those of the categories, ``{code: (name, ...)}`` with a name in both languages."""

    rates: tuple[Rate, ...] = ()
    bonuses: tuple[Bonus, ...] = ()
    examples: tuple[Example, ...] = ()
    earns: bool = True
    names: Mapping[str, tuple[Name, ...]] = field(default_factory=dict)


def of_purchases(rule_set: RuleSet, earner: Earner, at: datetime, names: Names) -> OfPurchases:
    """``OfPurchases`` for the earner. ``names`` are those of the categories that there are (``goods.names``)."""
    if is_proportional(rule_set):
        (rates,) = _rates(rule_set, [earner], at)
        if (figures := _known(rates)) is not None and (said := _in_rates(figures)) is not None:
            return replace(said, names=_distinct(rule_set, names, figures))
    found = _figures(rule_set, earner, kinds_of_goods(rule_set, [earner], at, names), at)
    examples = tuple(Example(points, codes) for points, codes in _alike(found))
    earns = any(any(points) for points in found.values())
    return OfPurchases(examples=examples, earns=earns, names=_distinct(rule_set, names, found))


def of_behaviours(rule_set: RuleSet, earner: Earner, at: datetime) -> list[tuple[str, bool, int]]:
    """``[(behaviour, is special, points), ...]`` that acts of the earner are booked with, on a day without others.
    Those under the circumstances of ``CASES`` are special, and left out where they earn the same."""
    found = []
    for behaviour in engine.BEHAVIOURS:
        if behaviour in engine.WITH_BASE:  # the activity says how many, and its page
            continue
        plain = act(rule_set, earner, behaviour, at)
        if plain:
            found.append((behaviour, False, plain))
        case = CASES.get(behaviour)
        if case and (points := act(rule_set, earner, behaviour, at, case=case)) != plain:
            found.append((behaviour, True, points))
    return found


def act(
    rule_set: RuleSet,
    earner: Earner,
    behaviour: str,
    at: datetime,
    *,
    base: int | None = None,
    case: Mapping[str, Any] | None = None,
    own: tuple[int, int] = (0, 0),
    in_all: int = 0,
) -> int:
    """What one act is booked with after ``own`` (points, times) of its kind and ``in_all`` points on that day."""
    outcome = engine.behaviour_points(rule_set, earner, behaviour, at, base, case)
    return within(engine.caps(rule_set), behaviour, outcome.points, own=own, in_all=in_all)[0]


def purchases(rule_set: RuleSet, cases: Iterable[tuple[Earner, str, int]], at: datetime) -> list[int]:
    """What purchases of goods of one category, each ``(earner, category, yuan)``, are booked with on a day without
    other earnings: a list of points."""
    caps = engine.caps(rule_set)
    lines = [(earner, [Line(category, yuan * 100)], at) for earner, category, yuan in cases]
    return [within(caps, PURCHASE, outcome.points)[0] for outcome in engine.purchases_points(rule_set, lines)]


def beside(
    before: RuleSet, after: RuleSet, earners: Sequence[Earner], at: datetime, names: Names
) -> list[tuple[list[Name], int, tuple[tuple[int, int], ...]]]:
    """What goods are booked with under two rule sets: ``[(names, yuan, [(before, after), ...]), ...]`` with a pair for
    each earner; other goods first, without names. Only ``EXAMPLE_YUAN`` where rates say the rest."""
    both = (before, after)
    amounts = (EXAMPLE_YUAN,) if all(map(is_proportional, both)) else AMOUNTS_YUAN
    codes = tuple(dict.fromkeys(code for one in both for code in kinds_of_goods(one, earners, at, names)))
    cases = [(earner, code, yuan) for code in codes for yuan in amounts for earner in earners]
    pairs = iter(zip(purchases(before, cases, at), purchases(after, cases, at), strict=True))
    values = {code: tuple(tuple(next(pairs) for _earner in earners) for _yuan in amounts) for code in codes}
    called = _distinct(replace(after, rules=(*after.rules, *before.rules)), names, values)
    return [
        ([name for code in same for name in called[code]], yuan, of_yuan)
        for value, same in _alike(values)
        for yuan, of_yuan in zip(amounts, value, strict=True)
    ]


def times(rule_set: RuleSet, earners: Sequence[Earner], at: datetime) -> dict[str, Decimal]:
    """``{tier: Decimal}``: how many times as much as the first of ``earners`` each of them earns, whatever they buy;
    empty where no such figure holds."""
    found = _times(rule_set, earners, at)
    if rule_set.former is not None and _times(rule_set.former, earners, at) != found:
        return {}
    return found


def is_proportional(rule_set: RuleSet) -> bool:
    """Whether what goods of a category earn is a rate."""
    return all(rule.proportional for rule in rule_set.rules if rule.works_on_purchases())


def telling(rule_set: RuleSet, earner: Earner, at: datetime, names: Names) -> list[Rule]:
    """The rules that may have something to tell the earner: all but those on purchases that change nothing there."""
    cases = probes([earner], kinds_of_goods(rule_set, [earner], at, names))
    points = engine.exact_points(rule_set, cases, at)

    def matters(rule: Rule) -> bool:
        without = replace(rule_set, rules=tuple(one for one in rule_set.rules if one is not rule))
        return engine.exact_points(without, cases, at) != points

    return [rule for rule in rule_set.rules if not rule.works_on_purchases() or matters(rule)]


def goods_of(rule_set: RuleSet) -> tuple[str, ...]:
    """Codes of the categories whose goods may earn something else than others, by what the rules name; ``OTHER`` goods
    first."""
    return tuple(dict.fromkeys((OTHER, *(code for rule in rule_set.rules for code in rule.goods()))))


def kinds_of_goods(rule_set: RuleSet, earners: Sequence[Earner], at: datetime, names: Names) -> tuple[str, ...]:
    """The same, and those categories of the mall (``names``) that the rules treat apart without naming them: for one of
    ``AMOUNTS_YUAN`` and one of the earners their goods earn something else than others."""
    named = goods_of(rule_set)
    if is_proportional(rule_set):
        return named
    rest = [code for code in names if code not in named]
    versions = [rule_set] if rule_set.former is None else [rule_set, rule_set.former]

    def points_of(codes: Sequence[str]) -> list[list[Decimal]]:
        points = [iter(engine.exact_points(version, probes(earners, codes), at)) for version in versions]
        size = len(earners) * len(AMOUNTS_YUAN)
        return [[next(found) for found in points for _probe in range(size)] for _code in codes]

    usual, *found = points_of([OTHER, *rest])
    return (*named, *(code for code, points in zip(rest, found, strict=True) if points != usual))


def probes(earners: Sequence[Earner], codes: Iterable[str]) -> list[tuple[Earner, Line]]:
    """Single lines of all ``AMOUNTS_YUAN``, for ``engine.exact_points``; those of one category side by side."""
    return [(earner, Line(code, yuan * 100)) for code in codes for earner in earners for yuan in AMOUNTS_YUAN]


def _distinct(rule_set: RuleSet, names: Names, values: Mapping[str, Hashable]) -> dict[str, tuple[Name, ...]]:
    """``{code: (name, ...)}`` of the categories in ``values``: as the rules call them for members, or else as the mall
    does. A name that stands for categories of different values is no name."""
    told: dict[str, list[Name]] = {code: [] for code in values}
    for rule in rule_set.rules:
        for code, name in rule.goods().items():
            if name and name not in told[code]:
                told[code].append(name)
    meanings: dict[str, set[Hashable]] = {}
    for code, value in values.items():
        for name in told[code]:
            meanings.setdefault(name["zh"], set()).add(value)
    found = {}
    for code in values:
        is_clear = told[code] and all(len(meanings[name["zh"]]) == 1 for name in told[code])
        found[code] = tuple(told[code]) if is_clear else (names.get(code) or {"zh": code, "en": code},)
    return found


def _rates(rule_set: RuleSet, earners: Sequence[Earner], at: datetime) -> list[dict[str, Fraction | None]]:
    """For each earner ``{code: points for a yuan, a Fraction}`` of other goods and of the categories that rules name;
    None where it is no figure that can be told."""
    codes = goods_of(rule_set)
    cases = [(earner, Line(code, PROBE_YUAN * 100)) for earner in earners for code in codes]
    exact = iter(engine.exact_points(rule_set, cases, at))
    return [{code: _a_yuan(Fraction(next(exact))) for code in codes} for _earner in earners]


def _a_yuan(exact: Fraction) -> Fraction | None:
    rate = (exact / PROBE_YUAN).limit_denominator(MOST_DENOMINATOR)
    return rate if abs(rate * PROBE_YUAN - exact) < CLOSE else None


def _known(rates: dict[str, Fraction | None]) -> dict[str, Fraction] | None:
    """``rates`` where each of them is a figure."""
    known = {code: rate for code, rate in rates.items() if rate is not None}
    return known if len(known) == len(rates) else None


def _in_rates(rates: dict[str, Fraction]) -> OfPurchases | None:
    """``OfPurchases`` of ``{code: rate}``; None where one of them is no figure that can be shown."""
    (other, _codes), *apart = _alike(rates)
    shown, bonuses = [_shown(other)], []
    for rate, codes in apart:
        percent = (rate / other - 1) * 100 if other else None
        if rate and percent is not None and (percent * PLACES).denominator == 1:
            bonuses.append(Bonus(_decimal(percent), codes))
        else:
            shown.append(_shown(rate, codes))
    found = tuple(rate for rate in shown if rate is not None)
    if len(found) < len(shown):
        return None
    earns = any(rate.points for rate in found)
    return OfPurchases(rates=found, bonuses=tuple(bonuses)) if earns else OfPurchases(earns=False)


def _alike(values: Mapping[str, Value]) -> list[tuple[Value, tuple[str, ...]]]:
    """``[(value, codes), ...]`` of ``{code: value}``: that of other goods first, without codes, then each other one."""
    found: dict[Value, tuple[str, ...]] = {values[OTHER]: ()}
    for code, value in values.items():
        if value != values[OTHER]:
            found[value] = (*found.get(value, ()), code)
    return list(found.items())


def _shown(rate: Fraction, codes: tuple[str, ...] = ()) -> Rate | None:
    """The ``Rate`` for the smallest round sum that gives a point or more without a rest; None where there is none."""
    if not rate:
        return Rate(Decimal(0), 1, codes)
    for yuan in (*ROUND_YUAN, rate.denominator):
        if yuan <= MOST_YUAN and rate * yuan >= 1 and (rate * yuan * PLACES).denominator == 1:
            return Rate(_decimal(rate * yuan), yuan, codes)
    return None


def _decimal(fraction: Fraction) -> Decimal:
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def _figures(rule_set: RuleSet, earner: Earner, codes: Iterable[str], at: datetime) -> dict[str, tuple[int, ...]]:
    """``{code: a figure for each of AMOUNTS_YUAN}``."""
    points = iter(purchases(rule_set, [(earner, code, yuan) for code in codes for yuan in AMOUNTS_YUAN], at))
    return {code: tuple(next(points) for _yuan in AMOUNTS_YUAN) for code in codes}


def _times(rule_set: RuleSet, earners: Sequence[Earner], at: datetime) -> dict[str, Decimal]:
    if not is_proportional(rule_set):
        return {}
    of_each = [_known(rates) for rates in _rates(rule_set, earners, at)]
    base = of_each[0]
    if base is None or not base[OTHER]:
        return {}
    found = {}
    for earner, rates in zip(earners, of_each, strict=True):
        if rates is None:
            return {}
        factor = rates[OTHER] / base[OTHER]
        if (factor * PLACES).denominator != 1:
            return {}
        if any(rate != factor * base[code] for code, rate in rates.items()):
            return {}
        found[earner.tier] = _decimal(factor)
    return found
