"""The public page of the rules: what counts for the one who reads it, in plain words, and what will (C8, C11)."""

from dataclasses import dataclass
from datetime import datetime

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from core.formats import grouped
from points.earning import wording as earning_wording
from points.earning.parameters import APPEAL_ANSWER_DAYS, APPEAL_DAYS, REVIEW_DAYS
from points.earning.queries import earning, rule_sets
from points.earning.rules import engine, goods, sandbox, saying
from points.ledger import rules
from points.ledger import wording as ledger_wording
from points.ledger.parameters import POINTS_PER_YUAN
from points.purchases.parameters import AFTER_SALE_DAYS
from points.tiers import queries as tiers

FIGURES = {}  # of apps above that the page names: {its name in the template: a function that returns it}


@dataclass(frozen=True, slots=True)
class Said:
    """What one reader may be told of a rule set: sentences by section, examples ``(what is bought, [points, ...])``,
    and ``earning.OfTier`` where tiers differ. ``is_known`` is False where nobody can tell what purchases earn at the
    moment."""

    purchases: list[str]
    behaviours: list[str]
    limits: list[str]
    using: list[str]
    examples: list
    tiers: list
    earns: bool
    is_known: bool
    is_member: bool

    @property
    def lines(self):
        """All of it in sentences, to be compared with another's."""
        examples = [
            _("%(goods)s for ¥%(yuan)s: %(points)s points.")
            % {"goods": goods, "yuan": grouped(yuan), "points": grouped(points)}
            for goods, figures in self.examples
            for yuan, points in zip(saying.AMOUNTS_YUAN, figures, strict=True)
        ]
        by_tier = [
            _("%(tier)s: %(points)s points for ¥%(yuan)s.")
            % {"tier": one.tier.title, "points": grouped(one.points), "yuan": grouped(saying.EXAMPLE_YUAN)}
            for one in self.tiers
            if not self.is_member
        ]
        return [*self.purchases, *examples, *by_tier, *self.behaviours, *self.limits, *self.using]


@dataclass(frozen=True, slots=True)
class Change:
    """What another version brings the reader from ``starts_at`` on: sentences that come and that go, as far as both are
    known."""

    starts_at: datetime
    text: str
    new: list[str]
    gone: list[str]


@require_safe
def rules_in_force(request):
    at = clock.now()
    member_id = request.user.pk
    tier = tiers.tier_of(member_id)
    rule_set = rule_sets.for_member(member_id, at) if member_id else rule_sets.for_all(at)
    names = goods.names()
    said = said_of(rule_set, member_id, tier, names, at)
    return render(
        request,
        "points/rules.html",
        {
            "version": rule_set.version,
            "said": said,
            "amounts": saying.AMOUNTS_YUAN,
            "example_yuan": saying.EXAMPLE_YUAN,
            "tier": tier if member_id else None,
            "former_until": rule_set.former_until,
            "change": _change(member_id, tier, names, said, at),
            "points_per_yuan": POINTS_PER_YUAN.value,
            "expiry_rule": ledger_wording.expiry(rules.policy_at(at)),
            "announced": [(policy.starts_on, ledger_wording.expiry(policy)) for policy in rules.announced_after(at)],
            "today": at,
            "ends": rules.default_expiry(at),
            "grace_days": rules.GRACE_DAYS,
            "after_sale_days": AFTER_SALE_DAYS.value,
            **{name: figure() for name, figure in FIGURES.items()},
            "review_days": REVIEW_DAYS.value,
            "appeal_days": APPEAL_DAYS.value,
            "answer_days": APPEAL_ANSWER_DAYS.value,
        },
    )


def said_of(rule_set, member_id, tier, names, at):
    """``Said`` of a rule set to a member (None: a stranger) of the tier."""
    earner = rule_sets.earner(member_id, tier)
    try:
        found, told = saying.of_purchases(rule_set, earner, at, names), saying.telling(rule_set, earner, at, names)
    except sandbox.Unavailable:  # what no script has a say in is known all the same
        found, told = None, [rule for rule in rule_set.rules if not rule.works_on_purchases()]
    by_tier = earning.by_tier(rule_set, at) if found else []
    differ = len({one.points for one in by_tier}) > 1
    told = [(rule.section, words) for rule in told if (words := rule.sentence(earner))]
    of_purchases = earning_wording.of_purchases(found, tier.title if member_id and differ else None) if found else []
    return Said(
        purchases=[
            *(earning_wording.in_words(*words) for section, words in told if section == "purchases"),
            *of_purchases,
        ],
        behaviours=earning_wording.of_behaviours(saying.of_behaviours(rule_set, earner, at)),
        limits=earning_wording.limits(engine.caps(rule_set)),
        using=[earning_wording.in_words(*words) for section, words in told if section == "using"],
        examples=earning_wording.examples(found) if found else [],
        tiers=by_tier if differ else [],
        earns=found is None or found.earns,
        is_known=found is not None,
        is_member=member_id is not None,
    )


def _change(member_id, tier, names, said, at):
    following = rule_sets.next_for(member_id, at)
    if following is None:
        return None
    starts_at, rule_set = following
    then = said_of(rule_set, member_id, tier, names, starts_at)
    are_known = said.is_known and then.is_known
    return Change(
        starts_at=starts_at,
        text=rule_sets.announcement_of(rule_set.version),
        new=[text for text in then.lines if text not in said.lines] if are_known else [],
        gone=[text for text in said.lines if text not in then.lines] if are_known else [],
    )
