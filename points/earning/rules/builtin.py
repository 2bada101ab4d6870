"""The rules that the mall brings: ratio, tiers, categories, behaviours, caps, and limits of deductions (C1-C4)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, override

from core.formats import grouped
from core.parameters import Parameter
from points.earning.rules.engine import (
    BEHAVIOURS,
    EARNINGS,
    PURCHASE,
    ZERO,
    BehaviourDraft,
    DeductionFacts,
    Earner,
    Name,
    PurchaseDraft,
    Rule,
    Words,
    plain,
    register,
)

HUNDRED = Decimal(100)
TIERS = {
    "normal": gettext_noop("Regular member"),
    "silver": gettext_noop("Silver member"),
    "gold": gettext_noop("Gold member"),
    "diamond": gettext_noop("Diamond member"),
}
TIER_CHOICES = tuple((code, gettext_lazy(name)) for code, name in TIERS.items())
LISTS = {"zh": "，", "en": ", "}
PERCENT: dict[str, Any] = {"least": Decimal(-100), "most": Decimal(1000), "unit": "%"}


def codes_of(text: str) -> tuple[str, ...]:
    """Category codes, typed with commas between them, in that order."""
    return tuple(dict.fromkeys(code.strip() for code in text.split(",") if code.strip()))


def listed(pairs: Iterable[tuple[Name | str, str]]) -> dict[str, str]:
    """``[(name, figure), ...]`` as a value in both languages: ``金卡 × 1.5，钻石 × 2``. A name is one of ours, in
    English, or has both languages itself."""
    return {
        language: LISTS[language].join(f"{_in(language, name)} × {figure}" for name, figure in pairs)
        for language in LISTS
    }


def _in(language: str, name: Name | str) -> str:
    if isinstance(name, str):
        with override("zh-hans" if language == "zh" else language):
            return _(name)
    return name.get(language) or name["zh"]


def tier_name(earner: Earner) -> Name | str:
    """What the earner's tier is called; an English msgid unless the caller knew its name."""
    return earner.tier_name or TIERS.get(earner.tier, earner.tier)


@register
class Ratio(Rule):
    """So many points for so much money, in proportion (C1)."""

    code = "ratio"
    proportional = True
    once_by = ()
    label = gettext_lazy("Points by amount")
    help = gettext_lazy("Where every purchase begins. Amounts in between count in proportion.")
    fields = (
        Parameter("points", 1, gettext_lazy("points"), least=0, most=10_000),
        Parameter("yuan", 1, gettext_lazy("for so much money"), unit=gettext_lazy("yuan"), least=1, most=100_000),
    )
    points: int
    yuan: int

    def purchase_points(self, draft: PurchaseDraft) -> None:
        for number, line in enumerate(draft.lines):
            # The division last: 1000 yuan = 50 points must not lose a fen to a ratio that has no end.
            draft.points[number] += Decimal(line.amount_fen * self.points) / (self.yuan * 100)
        draft.step(
            gettext_noop("¥%(paid)s paid, ¥%(yuan)s gives %(points)s"),
            paid=plain(Decimal(sum(line.amount_fen for line in draft.lines)) / 100),
            yuan=str(self.yuan),
            points=str(self.points),
        )

    def words(self, earners: Sequence[Earner]) -> Words:
        return gettext_noop("Every ¥%(yuan)s paid gives %(points)s points. Amounts in between count in proportion."), {
            "yuan": grouped(self.yuan),
            "points": grouped(self.points),
        }


@register
class TierMultiplier(Rule):
    """Points of a purchase times the tier's multiplier (C2)."""

    code = "tier_multiplier"
    proportional = True
    once_by = ()
    label = gettext_lazy("Multiplier of the tier")
    help = gettext_lazy("0 stands for the figure that the tier itself has.")
    fields = tuple(
        Parameter(code, Decimal(0), gettext_lazy(name), unit="×", least=Decimal(0), most=Decimal(100))
        for code, name in TIERS.items()
    )

    def of(self, earner: Earner) -> Decimal:
        """The multiplier that counts for the earner."""
        return getattr(self, earner.tier, ZERO) or earner.multiplier

    def purchase_points(self, draft: PurchaseDraft) -> None:
        multiplier = self.of(draft.earner)
        if multiplier != 1 and any(draft.points):
            draft.points[:] = [points * multiplier for points in draft.points]
            draft.step(
                gettext_noop("%(tier)s × %(multiplier)s"), tier=tier_name(draft.earner), multiplier=plain(multiplier)
            )

    def words(self, earners: Sequence[Earner]) -> Words:
        multipliers = [(tier_name(earner), plain(self.of(earner))) for earner in earners]
        return gettext_noop("By tier: %(list)s."), {"list": listed(multipliers)}


@register
class CategoryBonus(Rule):
    """Some percent more for goods of some categories (C3)."""

    code = "category_bonus"
    proportional = True
    categories_in = ("categories",)
    label = gettext_lazy("Bonus for categories")
    help = gettext_lazy("Counts for lines of these categories only, on what the rules above gave.")
    fields = (
        Parameter(
            "categories",
            "imported_fruit",
            gettext_lazy("category codes"),
            help=gettext_lazy("Or their names; several with commas between them."),
        ),
        Parameter("name", "", gettext_lazy("name for members"), help=gettext_lazy("For example: imported fruit")),
        Parameter("name_en", "", gettext_lazy("name in English")),
        Parameter("percent", Decimal(50), gettext_lazy("bonus"), **PERCENT),
    )
    categories: str
    name: str
    name_en: str
    percent: Decimal

    def __init__(self, **figures: Any) -> None:
        super().__init__(**figures)
        self._codes = codes_of(self.categories)
        self._factor = 1 + self.percent / HUNDRED

    def purchase_points(self, draft: PurchaseDraft) -> None:
        hit = False
        for number, line in enumerate(draft.lines):
            if line.category in self._codes and draft.points[number]:
                draft.points[number] *= self._factor
                hit = True
        if hit:
            draft.step(gettext_noop("%(name)s %(percent)s%%"), name=self._name, percent=signed_plain(self.percent))

    def words(self, earners: Sequence[Earner]) -> Words:
        return gettext_noop("%(name)s: %(percent)s%% points."), {
            "name": self._name,
            "percent": signed_plain(self.percent),
        }

    def goods(self) -> dict[str, Name]:
        return dict.fromkeys(self._codes, {"zh": self.name, "en": self.name_en} if self.name else {})

    @property
    def _name(self) -> Name:
        """In both languages, as texts for members hold it."""
        return {"zh": self.name or ", ".join(self._codes), "en": self.name_en}


@register
class FixedAmount(Rule):
    """So many points for a behaviour (C4)."""

    code = "behaviour"
    once_by = ("behaviour",)
    label = gettext_lazy("Points for a behaviour")
    help = gettext_lazy("Where an activity brings its own figure (days of sign-in, prizes), that one counts.")
    fields = (
        Parameter("behaviour", "review", gettext_lazy("behaviour"), choices=tuple(BEHAVIOURS.items())),
        Parameter("points", 20, gettext_lazy("points"), least=0, most=1_000_000),
    )
    behaviour: str
    points: int

    def behaviour_points(self, draft: BehaviourDraft) -> None:
        if draft.behaviour == self.behaviour and draft.base is None:
            draft.points += self.points
            draft.step(BEHAVIOUR_STEPS[self.behaviour])

    def words(self, earners: Sequence[Earner]) -> Words:
        return gettext_noop("%(behaviour)s: %(points)s points."), {
            "behaviour": BEHAVIOUR_STEPS[self.behaviour],
            "points": grouped(self.points),
        }


BEHAVIOUR_STEPS = {
    "sign_up": gettext_noop("Signing up"),
    "sign_in": gettext_noop("Daily sign-in"),
    "review": gettext_noop("Reviewing goods"),
    "share": gettext_noop("Sharing"),
    "survey": gettext_noop("Answering a survey"),
    "quiz": gettext_noop("Answering a quiz"),
    "lottery": gettext_noop("Lottery"),
    "task": gettext_noop("Finishing a task"),
    "birthday": gettext_noop("Birthday"),
    PURCHASE: gettext_noop("Buying goods"),
}


@register
class PictureBonus(Rule):
    """A review with pictures earns more (C4); ``facts["pictures"]`` says how many there are."""

    code = "picture_bonus"
    once_by = ()
    label = gettext_lazy("Bonus for reviews with pictures")
    fields = (Parameter("percent", Decimal(30), gettext_lazy("bonus"), **PERCENT),)
    percent: Decimal

    def behaviour_points(self, draft: BehaviourDraft) -> None:
        if draft.behaviour == "review" and draft.facts.get("pictures"):
            draft.points += draft.points * self.percent / HUNDRED
            draft.step(gettext_noop("With pictures %(percent)s%%"), percent=signed_plain(self.percent))

    def words(self, earners: Sequence[Earner]) -> Words:
        return gettext_noop("A review with pictures gives %(percent)s%% points."), {
            "percent": signed_plain(self.percent)
        }


@register
class DailyCap(Rule):
    """The most that a member earns in a day, of whatever (C10)."""

    code = "daily_cap"
    label = gettext_lazy("Limit a day, all earnings")
    fields = (Parameter("points", 5000, gettext_lazy("points a day"), least=1, most=2**31 - 1),)
    points: int

    def caps(self) -> tuple[str, int | None, int | None]:
        return "", self.points, None

    def words(self, earners: Sequence[Earner]) -> Words:
        return gettext_noop("At most %(points)s points a day, of all kinds together."), {"points": grouped(self.points)}


@register
class BehaviourCap(Rule):
    """The most that a member earns in a day by one behaviour (C10)."""

    code = "behaviour_cap"
    label = gettext_lazy("Limit a day, one behaviour")
    fields = (
        Parameter("behaviour", "share", gettext_lazy("behaviour"), choices=tuple(EARNINGS.items())),
        Parameter(
            "points", 0, gettext_lazy("points a day"), help=gettext_lazy("0 is no limit."), least=0, most=2**31 - 1
        ),
        Parameter("times", 3, gettext_lazy("times a day"), help=gettext_lazy("0 is no limit."), least=0, most=100_000),
    )
    behaviour: str
    points: int
    times: int

    def caps(self) -> tuple[str, int | None, int | None]:
        return self.behaviour, self.points or None, self.times or None

    def words(self, earners: Sequence[Earner]) -> Words | None:
        values = {"behaviour": BEHAVIOUR_STEPS[self.behaviour], "times": grouped(self.times)}
        if not self.points:
            text = gettext_noop("%(behaviour)s: %(times)s times a day.")
            return (text, values) if self.times else None
        values["points"] = grouped(self.points)
        if not self.times:
            return gettext_noop("%(behaviour)s: at most %(points)s points a day."), values
        return gettext_noop("%(behaviour)s: %(times)s times and at most %(points)s points a day."), values


@register
class KeepBalance(Rule):
    """A deduction leaves so many points in the account (C6)."""

    code = "keep_balance"
    label = gettext_lazy("Points that a deduction leaves")
    section = "using"
    fields = (Parameter("points", 100, gettext_lazy("points"), least=1, most=10_000_000),)
    points: int

    def veto_deduction(self, facts: DeductionFacts) -> str | None:
        if facts.available is not None and facts.available - facts.points < self.points:
            return _("At least %(points)s points stay in your account; use fewer.") % {"points": grouped(self.points)}
        return None

    def words(self, earners: object) -> Words:
        return gettext_noop("When points pay a part of the cash, at least %(points)s stay in your account."), {
            "points": grouped(self.points)
        }

    def sentence(self, earner: Earner) -> Words:
        return self.words([earner])


@register
class DeductionADay(Rule):
    """The most points that pay cash in a day (C6)."""

    code = "deduction_a_day"
    label = gettext_lazy("Limit a day, deductions")
    section = "using"
    fields = (Parameter("points", 10_000, gettext_lazy("points a day"), least=1, most=2**31 - 1),)
    points: int

    def veto_deduction(self, facts: DeductionFacts) -> str | None:
        if (facts.used_today or 0) + facts.points > self.points:
            return _("At most %(points)s points a day can pay cash; use fewer today.") % {
                "points": grouped(self.points)
            }
        return None

    def words(self, earners: object) -> Words:
        return gettext_noop("At most %(points)s points a day can pay cash."), {"points": grouped(self.points)}

    def sentence(self, earner: Earner) -> Words:
        return self.words([earner])


@register
class TierMayNotDeduct(Rule):
    """Members of a tier do not pay cash with points (C6)."""

    code = "tier_may_not_deduct"
    label = gettext_lazy("Tier that may not deduct")
    section = "using"
    fields = (Parameter("tier", "normal", gettext_lazy("tier"), choices=TIER_CHOICES),)
    tier: str

    def veto_deduction(self, facts: DeductionFacts) -> str | None:
        if facts.earner.tier == self.tier:
            return _("Points pay cash from a higher tier on. You can redeem goods with them.")
        return None

    def words(self, earners: Sequence[Earner]) -> Words:
        return gettext_noop("In the tier %(tier)s points do not pay cash."), {"tier": TIERS[self.tier]}

    def sentence(self, earner: Earner) -> Words | None:
        if earner.tier == self.tier:
            return gettext_noop("In your tier points do not pay cash; they redeem goods."), {}
        return None


def signed_plain(number: Decimal) -> str:
    """``+50``, ``−20``."""
    return f"+{plain(number)}" if number >= 0 else f"−{plain(-number)}"
