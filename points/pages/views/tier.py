"""The member's tier: where it stands, what each one gives, how it goes on (C13)."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from django.views.decorators.http import require_safe

from core import clock
from core.clock import shop_date
from core.formats import grouped
from points.earning import wording as earning_wording
from points.earning.queries import earning, rule_sets
from points.earning.rules import saying
from points.tiers import queries, rules, visitor
from points.tiers import wording as tiers_wording
from points.tiers.models import TierChange
from points.tiers.parameters import MEMBER_DAY, TIER_GRACE_DAYS, TIER_WINDOW_MONTHS

LATEST = 5
# What a member reads of a turn.
STORY = {
    TierChange.Cause.PROMOTED: N_("Rose to %(to)s"),
    TierChange.Cause.KEPT: N_("%(to)s kept"),
    TierChange.Cause.WARNED: N_("Too few points for %(to)s, the grace began"),
    TierChange.Cause.DEMOTED: N_("From %(from)s to %(to)s"),
    TierChange.Cause.PINNED: N_("%(to)s, set by the mall"),
    TierChange.Cause.UNPINNED: N_("%(to)s, by your own points again"),
}


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier on the ladder: ``state`` is done, now or later, ``part`` (0 to 100) the way done to the next one."""

    tier: rules.Tier
    state: str
    part: int


@require_safe
@login_required
def standing(request):
    at = clock.now()
    found, tiers = visitor.standing(request), queries.all_tiers()
    by_tier = earning.by_tier(rule_sets.for_member(request.user.pk, at), at)
    gifts = [earning.birthday_points(request.user.pk, tier, at=at) for tier in tiers]
    day = rules.next_member_day(shop_date(at))
    return render(
        request,
        "points/tier.html",
        {
            "standing": found,
            "rungs": _rungs(found, tiers),
            "tiers": tiers,
            "is_known": all(one.points is not None for one in by_tier),
            "times": next(one.times for one in by_tier if one.tier.code == found.tier.code),
            "rows": [
                (name, [(cell, tier.code == found.tier.code) for cell, tier in zip(cells, tiers, strict=True)])
                for name, cells in _benefits(by_tier, gifts, member_day=day is not None)
            ],
            "story": [(change, _story(change)) for change in queries.changes_of(request.user.pk, limit=LATEST)],
            "window_months": TIER_WINDOW_MONTHS.value,
            "grace_days": TIER_GRACE_DAYS.value,
            "member_day": tiers_wording.member_day(MEMBER_DAY.value),
            "next_member_day": day,
            "is_member_day": day == shop_date(at),
        },
    )


def _rungs(found, tiers):
    rungs = []
    for tier, higher in zip(tiers, (*tiers[1:], None), strict=True):
        state = "now" if tier.code == found.tier.code else "done" if tier.position < found.tier.position else "later"
        part = 0
        if higher is not None:
            part = (found.points - tier.threshold) * 100 // (higher.threshold - tier.threshold)
            part = 100 if state == "done" else min(max(part, 0), 100) if state == "now" else 0
        rungs.append(Rung(tier, state, part))
    return rungs


def _benefits(by_tier, gifts, *, member_day):
    """``(name, [what each tier gives])``: texts, or True and False for yes and no. ``by_tier`` are ``earning.OfTier``,
    ``gifts`` birthday points."""
    tiers = [one.tier for one in by_tier]
    rows = [
        (_("Points needed"), [grouped(tier.threshold) if tier.threshold else _("open to all") for tier in tiers]),
        _purchases(by_tier),
        (_("Off points prices"), [tiers_wording.off(tier.discount_percent) for tier in tiers]),
        (_("Free shipping"), [tier.free_shipping for tier in tiers]),
        (_("Birthday gift"), [grouped(gift) if gift else "—" for gift in gifts]),
    ]
    if member_day:
        rows.insert(3, (_("More on member day"), [tiers_wording.off(tier.member_day_percent) for tier in tiers]))
    return rows


def _purchases(by_tier):
    """How many times as much each tier earns; or what an example earns, where the rules have no such figure, and no
    figure where nobody can tell."""
    if all(one.times for one in by_tier):
        return _("Purchase points"), [_("%(times)s×") % {"times": earning_wording.figure(one.times)} for one in by_tier]
    yuan = grouped(saying.EXAMPLE_YUAN)
    return _("Points for ¥%(yuan)s") % {"yuan": yuan}, [
        "—" if one.points is None else grouped(one.points) for one in by_tier
    ]


def _story(change):
    names = {"from": rules.by_code(change.from_tier).title, "to": rules.by_code(change.to_tier).title}
    return _(STORY[change.cause]) % names
