"""The public page of the rules: what counts for the one who reads it, in plain words, and what will (C8, C11)."""

from dataclasses import dataclass
from datetime import datetime

from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from points import rules, wording
from points.parameters import (
    AFTER_SALE_DAYS,
    APPEAL_ANSWER_DAYS,
    APPEAL_DAYS,
    PAYMENT_WINDOW_MINUTES,
    POINTS_PER_YUAN,
    REVIEW_DAYS,
)
from points.queries import rule_sets, tiers
from points.rules.builtin import TierMultiplier

SECTIONS = ("purchases", "behaviours", "limits", "using")


@dataclass(frozen=True, slots=True)
class Change:
    """What another version brings the reader from ``starts_at`` on: sentences that come and that go."""

    starts_at: datetime
    text: str
    new: list[str]
    gone: list[str]


@require_safe
def rules_in_force(request):
    at = clock.now()
    member_id = request.user.pk
    tier = tiers.tier_of(member_id)
    earner = rule_sets.earner(member_id, tier)
    rule_set = rule_sets.for_member(member_id, at) if member_id else rule_sets.for_all(at)
    said = sentences(rule_set, earner, is_member=member_id is not None)
    return render(
        request,
        "points/rules.html",
        {
            "version": rule_set.version,
            "said": {section: [text for text, where in said if where == section] for section in SECTIONS},
            "tier": tier if member_id else None,
            "multipliers": multipliers(rule_set),
            "former_until": rule_set.former_until,
            "change": _change(member_id, earner, said, at),
            "points_per_yuan": POINTS_PER_YUAN.value,
            "expiry_rule": wording.expiry(rules.policy_at(at)),
            "announced": [(policy.starts_on, wording.expiry(policy)) for policy in rules.announced_after(at)],
            "today": at,
            "ends": rules.default_expiry(at),
            "grace_days": rules.GRACE_DAYS,
            "after_sale_days": AFTER_SALE_DAYS.value,
            "payment_minutes": PAYMENT_WINDOW_MINUTES.value,
            "review_days": REVIEW_DAYS.value,
            "appeal_days": APPEAL_DAYS.value,
            "answer_days": APPEAL_ANSWER_DAYS.value,
        },
    )


def sentences(rule_set, earner, *, is_member):
    """``[(sentence, section), ...]`` of all rules that have something to say to the earner. A stranger has no tier to
    be told of; the page lists what each of them gives."""
    speaking = (rule for rule in rule_set.rules if is_member or not isinstance(rule, TierMultiplier))
    words = ((rule.words(earner), rule.section) for rule in speaking)
    return [(wording.in_words(*said), section) for said, section in words if said]


def multipliers(rule_set):
    """``[(Tier, multiplier), ...]`` where the rules look at tiers; empty where they do not."""
    rule = next((rule for rule in rule_set.rules if isinstance(rule, TierMultiplier)), None)
    return [(tier, rule.of(rule_sets.earner(None, tier))) for tier in tiers.all_tiers()] if rule else []


def _change(member_id, earner, said, at):
    following = rule_sets.next_for(member_id, at)
    if following is None:
        return None
    starts_at, rule_set = following
    now = [text for text, _section in said]
    then = [text for text, _section in sentences(rule_set, earner, is_member=member_id is not None)]
    return Change(
        starts_at=starts_at,
        text=rule_sets.announcement_of(rule_set.version),
        new=[text for text in then if text not in now],
        gone=[text for text in now if text not in then],
    )
