"""The member's inbox (A6)."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import queries
from accounts.models import Notice
from accounts.services import notices as services
from core import clock

PAGE = 30
ICONS = {
    Notice.Topic.POINTS: "coins",
    Notice.Topic.TIER: "crown",
    Notice.Topic.ORDERS: "package",
    Notice.Topic.RULES: "scroll-text",
    Notice.Topic.SHOP: "store",
    Notice.Topic.SAFETY: "shield-check",
}


@login_required
@require_safe
def inbox(request):
    """The member's notices, newest first; those shown count as read from now on."""
    before = request.GET.get("before", "")
    before = int(before) if before.isdecimal() and len(before) < 19 else None
    found = list(queries.notices_of(request.user, before=before, limit=PAGE + 1))
    shown = found[:PAGE]
    for notice in shown:
        notice.icon, notice.is_new = ICONS[notice.topic], notice.read_at is None
    services.mark_read(member=request.user, notices=shown, at=clock.now())
    return render(
        request, "accounts/notices.html", {"notices": shown, "older": shown[-1].pk if len(found) > PAGE else None}
    )
