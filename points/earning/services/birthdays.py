"""The birthday gift: once a year, as many points as the member's tier gives (C13)."""

import calendar
from datetime import timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from accounts.models import User
from accounts.services import notices
from core import actors
from core.batches import one_by_one
from core.clock import shop_date
from core.errors import DomainError
from points.earning.services import earning
from points.ledger.models import PointsEntry
from points.tiers import queries, rules

log = structlog.get_logger(__name__)

MEMBERS = 500  # looked up at once
DAYS_BACK = 3  # so many days that no run came by are made good
BY = actors.system("birthday")
TITLE = N_("Happy birthday")
TEXT = N_("%(points)s points are in your account: our gift to you, %(tier)s.")


def give(*, at):
    """Give what is due at ``at``: yields, for each group of members, how many got a gift. Safe to repeat: the year is
    part of the earning's key. Members who told no birthday, and those who were kept out, are passed over."""
    for back in range(DAYS_BACK, -1, -1):
        day = shop_date(at) - timedelta(days=back)
        after = 0
        while members := _celebrating(day, after):
            yield sum(given is True for given in one_by_one(members, partial(_give, day=day, at=at)))
            after = members[-1]


def _celebrating(day, after):
    """Ids above ``after`` of members whose birthday is on ``day`` and whose gift of that year is not booked."""
    born = Q(birthday__month=day.month, birthday__day=day.day)
    if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
        born |= Q(birthday__month=2, birthday__day=29)
    booked = PointsEntry.objects.filter(account_id=OuterRef("pk"), key=_key(day))
    members = User.objects.filter(born, ~Exists(booked), is_active=True, date_joined__date__lte=day, pk__gt=after)
    return list(members.order_by("pk").values_list("pk", flat=True)[:MEMBERS])


def _give(member, day, at):
    """True when the points are booked now; what refuses one member's gift stops no other's."""
    tier = queries.tier_of(member)
    if not tier.birthday_points:
        return False
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("Birthday gift")
    try:
        with transaction.atomic():
            booked = earning.behaviour(
                member=member,
                behaviour="birthday",
                base=tier.birthday_points,
                key=_key(day),
                source=_key(day),
                reason=reason,
                by=BY,
                at=at,
            )
            if not booked.points or booked.under_review or booked.repeated:
                return False
            notices.notify(
                member_id=member,
                topic="points",
                title=TITLE,
                text=TEXT,
                values={"points": booked.points, "tier": rules.told_name(tier)},
                url=reverse("points:home"),
                key=_key(day),
                at=at,
            )
    except DomainError as error:
        log.warning("birthday_gift_refused", member=member, error=error.code)
        return False
    return True


def _key(day):
    return f"birthday:{day.year}"
