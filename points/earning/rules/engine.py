"""The earning engine: plain functions over a rule set, without database, clock or settings (C1-C4, C6, C11).

A rule set is a version and a list of rules behind one interface, ``Rule``. The engine knows no rule by name: a class
that is registered can be chosen, explained, limited and replayed like the built-in ones. Money goes in as whole fen
and is a ``Decimal`` of yuan inside.

Points are rounded down once, in ``_settle``: for a purchase as a whole. So what it earns does not depend on how its
goods are listed: lines of one category count as their sum before any rule sees them, and what remains of a point in
one category adds to that of the others. The whole points are then shared out to the lines, for returns.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any, ClassVar, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from core.parameters import Parameter
from core.shares import split
from points.earning.rules.facts import (
    FEN,
    ZERO,
    BehaviourDraft,
    Caps,
    DeductionFacts,
    Earner,
    Line,
    Name,
    Outcome,
    PurchaseDraft,
    Steps,
    plain,
)

__all__ = [
    "BEHAVIOURS",
    "EARNINGS",
    "FEN",
    "HAIR",
    "MOST_POINTS",
    "PURCHASE",
    "SHARE_PLACES",
    "WITH_BASE",
    "ZERO",
    "BehaviourDraft",
    "Caps",
    "DeductionFacts",
    "Earner",
    "Exact",
    "Line",
    "Name",
    "Outcome",
    "PurchaseDraft",
    "Rule",
    "RuleSet",
    "Steps",
    "Stored",
    "UnknownRule",
    "Words",
    "behaviour_points",
    "build",
    "build_rule",
    "caps",
    "exact_points",
    "plain",
    "purchase_points",
    "purchases_points",
    "register",
    "registered",
    "unregister",
    "veto_deduction",
]

MOST_POINTS = 2**31 - 1  # of one earning: what an entry of the ledger holds
HAIR = Decimal("1e-15")  # of a point: three thirds of one, as decimals, lack less than this
SHARE_PLACES = 9  # of exact points, in what a category weighs
PURCHASE = "purchase"
BEHAVIOURS = {
    "sign_up": _("Signing up"),
    "sign_in": _("Daily sign-in"),
    "review": _("Reviewing goods"),
    "share": _("Sharing"),
    "survey": _("Answering a survey"),
    "quiz": _("Answering a quiz"),
    "lottery": _("Lottery"),
    "task": _("Finishing a task"),
    "birthday": _("Birthday"),
}
WITH_BASE = frozenset({"sign_in", "birthday"})  # the activity itself says how many points: no rule has to
Words = tuple[str, dict[str, Any]]  # an English gettext msgid and its values
Stored = dict[str, Any]  # {"rule": code, "figures": {name: value}}
Exact = tuple[list[Decimal], Steps]  # points of each line, not rounded
EARNINGS = {PURCHASE: _("Buying goods"), **BEHAVIOURS}


class Rule:
    """One rule of a set. ``fields`` are its figures, typed and with their range; an instance has each as an attribute.

    What members read of figures is never a rule's own word, for a later rule may change them: it is asked of the engine
    (``points.earning.rules.saying``). Only with ``proportional`` rules can it speak of rates: those that change the
    points of a line by a share of themselves, or by a share of its money. Otherwise it shows examples.
    """

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    help: ClassVar[str | Promise] = ""
    section: ClassVar[str] = "purchases"
    proportional: ClassVar[bool] = False
    categories_in: ClassVar[tuple[str, ...]] = ()  # the fields that list codes of categories
    # The fields by which two of its kind must differ to make sense together.
    once_by: ClassVar[tuple[str, ...] | None] = None
    fields: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, **figures: Any) -> None:
        """Raises ``core.parameters.ParameterNotValid`` for a figure out of its range, ``TypeError`` for one that the
        rule does not have."""
        for parameter in self.fields:
            setattr(self, parameter.name, parameter.clean(figures.pop(parameter.name, parameter.default)))
        if figures:
            raise TypeError(f"{self.code} has no {', '.join(figures)}")

    def purchase_points(self, draft: PurchaseDraft) -> None:
        """Change ``draft.points`` and note a step."""

    def purchases_points(self, drafts: list[PurchaseDraft]) -> None:
        """The same for many purchases; a rule that is faster with all of them at once has its own way."""
        for draft in drafts:
            self.purchase_points(draft)

    def behaviour_points(self, draft: BehaviourDraft) -> None:
        """Change ``draft.points`` and note a step."""

    def veto_deduction(self, facts: DeductionFacts) -> str | None:
        """A sentence why the member may not pay with so many points, or None."""

    def caps(self) -> tuple[str, int | None, int | None] | None:
        """``(code, points a day, times a day)`` with None for no limit and ``""`` for all earnings together, or
        None."""

    def goods(self) -> dict[str, Name]:
        """``{code: name}`` of the categories of goods that it treats in another way than others; the name for members
        in both languages, or empty."""
        return {}

    def words(self, earners: Sequence[Earner]) -> Words | None:
        """What it does where it stands alone, for staff: ``(text, values)`` with an English gettext msgid, or None.
        ``earners`` has one of each tier."""

    def sentence(self, earner: Earner) -> Words | None:
        """What there is to tell a member besides figures of earnings, in the same form, or None; ``section``
        (purchases or using) is the part of the rules page that says it."""

    def broken(self) -> Words | None:
        """Why it cannot do what it is for, as ``words``, or None."""

    def works_on_purchases(self) -> bool:
        """Whether it has a say in what purchases earn."""
        return self._has_own("purchase_points", "purchases_points")

    def works_on_earnings(self) -> bool:
        """Whether it has a say in what anything earns, or in how much of it a day gives."""
        return self._has_own("purchase_points", "purchases_points", "behaviour_points", "caps")

    def _has_own(self, *methods: str) -> bool:
        return any(getattr(type(self), name) is not getattr(Rule, name) for name in methods)

    def stored(self) -> Stored:
        """As a version keeps it."""
        figures = {parameter.name: parameter.stored(getattr(self, parameter.name)) for parameter in self.fields}
        return {"rule": self.code, "figures": figures}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one version, in order. During a transition ``former`` is the rule set before it: an earning counts
    by whichever of both gives more."""

    version: str
    rules: tuple[Rule, ...]
    former: "RuleSet | None" = None
    former_until: datetime | None = None


_registry: dict[str, type[Rule]] = {}
RuleClass = TypeVar("RuleClass", bound=Rule)


class UnknownRule(LookupError):
    """A version names a rule that nobody registers."""


def register(rule_class: type[RuleClass]) -> type[RuleClass]:
    """Make a rule known by its code; usable as a class decorator."""
    if _registry.setdefault(rule_class.code, rule_class).__qualname__ != rule_class.__qualname__:
        raise ValueError(f"{rule_class.code} is registered twice")
    return rule_class


def unregister(rule_class: type[Rule]) -> None:
    """Forget a rule; versions that name it cannot be used any more."""
    _registry.pop(rule_class.code, None)


def registered() -> dict[str, type[Rule]]:
    """``{code: class}`` in the order of registration."""
    return dict(_registry)


def build(version: str, stored: Iterable[Stored], **rest: Any) -> RuleSet:
    """The ``RuleSet`` of what a version keeps: ``[{"rule": code, "figures": {name: value}}, ...]``.

    Raises ``UnknownRule``, ``core.parameters.ParameterNotValid``, ``TypeError``.
    """
    return RuleSet(version, tuple(build_rule(entry["rule"], entry["figures"]) for entry in stored), **rest)


def build_rule(code: str, figures: dict[str, Any]) -> Rule:
    """One rule; raises as ``build`` does."""
    try:
        rule_class = _registry[code]
    except KeyError:
        raise UnknownRule(code) from None
    return rule_class(**figures)


def purchase_points(rule_set: RuleSet, earner: Earner, lines: Iterable[Line], at: datetime) -> Outcome:
    """What a purchase earns: an ``Outcome``. However its goods are cut into lines, and in whatever order, the sum is
    the same, and so is the sum of each category."""
    (outcome,) = purchases_points(rule_set, [(earner, lines, at)])
    return outcome


def purchases_points(rule_set: RuleSet, purchases: Iterable[tuple[Earner, Iterable[Line], datetime]]) -> list[Outcome]:
    """What many purchases earn, each ``(earner, lines, at)``: a list of ``Outcome``."""
    given = [(earner, tuple(lines), at) for earner, lines, at in purchases]
    merged = [(earner, _merged(lines), at) for earner, lines, at in given]
    outcomes = _better(rule_set, lambda rules: _worked(rules, merged))
    return [
        _to_lines(lines, of_categories, outcome)
        for (_earner, lines, _at), (_of, of_categories, _on), outcome in zip(given, merged, outcomes, strict=True)
    ]


def _merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """One line for each category, in the order of their codes."""
    fen: dict[str, int] = {}
    for line in lines:
        fen[line.category] = fen.get(line.category, 0) + line.amount_fen
    return tuple(Line(category, fen[category]) for category in sorted(fen))


def _to_lines(lines: tuple[Line, ...], of_categories: tuple[Line, ...], outcome: Outcome) -> Outcome:
    """An outcome by category as one by line: points of a category are shared out by what was paid; evenly where that is
    nothing."""
    amounts_fen: dict[str, list[int]] = {}
    for line in lines:
        amounts_fen.setdefault(line.category, []).append(line.amount_fen)
    shared = {}
    for line, points in zip(of_categories, outcome.lines, strict=True):
        amounts = amounts_fen[line.category]
        shared[line.category] = iter(split(points, amounts if any(amounts) else [1] * len(amounts)))
    return replace(outcome, lines=tuple(next(shared[line.category]) for line in lines))


def exact_points(rule_set: RuleSet, cases: Iterable[tuple[Earner, Line]], at: datetime) -> list[Decimal]:
    """What single lines earn by ``rule_set`` before they are rounded, each ``(earner, line)``: a list of ``Decimal``.
    Rules of before are left out."""
    worked = _worked(rule_set.rules, [(earner, (line,), at) for earner, line in cases])
    return [max(points, ZERO).quantize(HAIR) for (points,), _steps in worked]


def _worked(rules: tuple[Rule, ...], purchases: Iterable[tuple[Earner, tuple[Line, ...], datetime]]) -> list[Exact]:
    """``(points of each line, steps)`` of purchases with one line a category."""
    drafts = [PurchaseDraft(earner, lines, at, [ZERO] * len(lines)) for earner, lines, at in purchases]
    for rule in rules:
        rule.purchases_points(drafts)
    return [(draft.points, draft.steps) for draft in drafts]


def behaviour_points(
    rule_set: RuleSet,
    earner: Earner,
    behaviour: str,
    at: datetime,
    base: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Outcome:
    """What a behaviour of ``BEHAVIOURS`` earns: an ``Outcome`` with no lines; 0 points where no rule speaks of it and
    the activity gives no ``base``."""

    def work(rules: tuple[Rule, ...]) -> list[Exact]:
        draft = BehaviourDraft(earner, behaviour, at, base, facts or {}, Decimal(base or 0))
        if base is not None:
            draft.step(gettext_noop("By the activity"))
        for rule in rules:
            rule.behaviour_points(draft)
        return [([draft.points], draft.steps)]

    (outcome,) = _better(rule_set, work)
    return replace(outcome, lines=())


def veto_deduction(
    rule_set: RuleSet,
    earner: Earner,
    points: int,
    at: datetime,
    *,
    available: int | None = None,
    used_today: int | None = None,
) -> str | None:
    """None when the member may pay with ``points``, else the first sentence why not, in the language of the page."""
    facts = DeductionFacts(earner, points, at, available, used_today)
    return next((why for rule in rule_set.rules if (why := rule.veto_deduction(facts))), None)


def caps(rule_set: RuleSet) -> Caps:
    """The ``Caps`` of a rule set; where several rules limit the same, the lowest counts."""
    total: int | None = None
    by_behaviour: dict[str, tuple[int | None, int | None]] = {}
    for rule in rule_set.rules:
        if (found := rule.caps()) is None:
            continue
        code, points, times = found
        if code:
            before = by_behaviour.get(code, (None, None))
            by_behaviour[code] = (_lower(before[0], points), _lower(before[1], times))
        else:
            total = _lower(total, points)
    return Caps(total, by_behaviour)


def _lower(one: int | None, other: int | None) -> int | None:
    return min((figure for figure in (one, other) if figure is not None), default=None)


def _better(rule_set: RuleSet, work: Callable[[tuple[Rule, ...]], list[Exact]]) -> list[Outcome]:
    """Outcomes of the rule set, each the one of the rules before it where a transition makes that the better one."""
    outcomes = [_settle(rule_set, *exact) for exact in work(rule_set.rules)]
    if rule_set.former is None:
        return outcomes
    others = [_settle(rule_set.former, *exact) for exact in work(rule_set.former.rules)]
    return [_better_of(outcome, other) for outcome, other in zip(outcomes, others, strict=True)]


def _better_of(outcome: Outcome, other: Outcome) -> Outcome:
    if other.points <= outcome.points:
        return outcome
    other.steps.append([gettext_noop("During the change of rules the better one counts"), str(other.points), {}])
    return other


def _settle(rule_set: RuleSet, exact: list[Decimal], steps: Steps) -> Outcome:
    """The one place where points become whole: their sum is rounded down, and shared out again. None is below 0."""
    exact = [max(points, ZERO) for points in exact]
    whole = min(sum(exact, ZERO), Decimal(MOST_POINTS)).quantize(HAIR)
    total = int(whole.to_integral_value(ROUND_FLOOR))
    lines = split(total, [int(points.scaleb(SHARE_PLACES)) for points in exact])
    if steps and steps[-1][1] != str(total):
        steps.append([gettext_noop("Rounded down"), str(total), {}])
    return Outcome(total, tuple(lines), steps, rule_set.version)
