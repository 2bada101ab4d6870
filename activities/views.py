"""The activities page and the daily sign-in (D1)."""

import re

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities import queries
from activities.services import sign_in as services
from core import actors, clock, visitor
from core.errors import DomainError
from core.redirects import go_on
from points.earning.queries.earning import sign_up_points
from points.earning.services.earning import Facts
from points.ledger.queries import month_totals
from points.tiers.visitor import standing

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@require_safe
def home(request):
    """Sign-in strip, calendar of one month (``?month=2026-11``, this month by default), ways to earn."""
    now = clock.now()
    member = request.user if request.user.is_authenticated else None
    context = {
        "strip": queries.strip(member, at=now, tier=member and standing(request).tier),
        "sign_up_points": sign_up_points(at=now),
    }
    if member:
        today = clock.shop_date(now)
        context["month"] = queries.month(member, *_wanted_month(request, today), now)
        context["earned_this_month"] = month_totals(member.pk, today).earned
    return render(request, "activities/home.html", context)


def _wanted_month(request, today):
    wanted = request.GET.get("month")
    if wanted is None:
        return today.year, today.month
    match = MONTH.fullmatch(wanted)
    if not match or wanted > f"{today:%Y-%m}":
        raise Http404
    return int(match[1]), int(match[2])


@require_POST
def sign_in(request):
    """Sign in for today, then go back to the page with the form (``next``)."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("activities:home"))
    try:
        signed = services.sign_in(
            member=request.user,
            by=actors.member(request.user.pk),
            at=clock.now(),
            facts=Facts(**visitor.seen(request)),
        )
    except DomainError as error:
        messages.info(request, str(error))
    else:
        messages.success(request, _told(signed) % {"points": signed.points})
    return go_on(request, reverse("activities:home"))


def _told(signed):
    if signed.under_review:
        return _("Signed in for today. %(points)s points are being checked and follow soon.")
    if not signed.points:
        return _("Signed in for today. Today's limit of points is reached.")
    return _("Signed in for today: +%(points)s points.")
