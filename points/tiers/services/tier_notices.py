"""What a member hears about the tier: when it rises, is kept, is in danger, falls, or is set by staff."""

from django.urls import reverse
from django.utils.translation import gettext_noop as N_

from accounts.services import notices
from core import outbox
from core.clock import shop_date
from points.tiers import rules
from points.tiers.models import TierChange
from points.tiers.parameters import TIER_WINDOW_MONTHS

Cause = TierChange.Cause
CHANGED = "member.tier_changed"

WORDS = {
    Cause.PROMOTED: (
        N_("You are %(tier)s now"),
        N_("%(points)s points in %(months)s months made you %(tier)s. It is yours until %(day)s at least."),
    ),
    Cause.KEPT: (
        N_("You stay %(tier)s"),
        N_("%(points)s points in %(months)s months are enough: %(tier)s is yours until %(day)s at least."),
    ),
    Cause.WARNED: (
        N_("Keep %(tier)s: %(missing)s points are missing"),
        N_(
            "Earn %(missing)s more points by %(day)s and you stay %(tier)s. Without them you are %(lower)s from the "
            "day after; your points stay as they are."
        ),
    ),
    Cause.DEMOTED: (
        N_("You are %(tier)s now"),
        N_(
            "The points of the last %(months)s months were not enough for %(before)s. With %(missing)s more it is "
            "yours again at once. Your points stay as they are."
        ),
    ),
    Cause.PINNED: (
        N_("You are %(tier)s now"),
        N_("We have set your tier to %(tier)s. It stays like this until we tell you."),
    ),
    Cause.UNPINNED: (
        N_("You are %(tier)s now"),
        N_("The tier %(before)s that we had set for you is over; your own points count again."),
    ),
}  # fmt: skip


def tell(change, row):
    """Tell the member of ``row`` (``MemberTier``) of a ``TierChange``, in the caller's transaction. A danger goes to
    the phone as well: there is something to be done about it. Of another tier, the outbox hears as ``CHANGED``."""
    title, text = WORDS[change.cause]
    before, after = rules.by_code(change.from_tier), rules.by_code(change.to_tier)
    lower = rules.below(after.code)
    wanted = before if change.cause == Cause.DEMOTED else after
    day = row.grace_until or row.review_on or shop_date(change.at)
    notices.notify(
        member_id=change.member_id,
        topic="tier",
        title=title,
        text=text,
        values={
            "tier": rules.told_name(after),
            "before": rules.told_name(before),
            "lower": rules.told_name(lower or after),
            "points": change.points,
            "missing": max(wanted.threshold - change.points, 0),
            "months": TIER_WINDOW_MONTHS.value,
            "day": {"day": day.isoformat()},
        },
        url=reverse("points:tier"),
        key=f"tier:{change.pk}",
        at=change.at,
        sms=change.cause == Cause.WARNED,
    )
    if change.from_tier != change.to_tier:
        outbox.publish(
            CHANGED,
            key=f"tier_changed:{change.pk}",
            at=change.at,
            change_id=change.pk,
            member_id=change.member_id,
            before=change.from_tier,
            after=change.to_tier,
            happened_at=change.at.isoformat(),
        )
