"""The member's tier: where it stands, what it gives, how it goes on (C13)."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from core.clock import shop_date
from points.parameters import TIER_GRACE_DAYS, TIER_WINDOW_MONTHS
from points.queries import tiers as queries
from points.rules import tiers as rules


@require_safe
@login_required
def standing(request):
    at = clock.now()
    return render(
        request,
        "points/tier.html",
        {
            "standing": queries.standing(request.user.pk, at=at),
            "tiers": queries.all_tiers(),
            "window_months": TIER_WINDOW_MONTHS.value,
            "grace_days": TIER_GRACE_DAYS.value,
            "member_day": rules.next_member_day(shop_date(at)),
        },
    )
