"""The daily sign-in (D1)."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_

from activities import rules
from activities.models import SignIn
from core.clock import shop_date
from core.db import broken_constraint, locking_transaction
from core.errors import DomainError
from points.earning.services import earning


class AlreadySigned(DomainError):
    code = "already_signed"
    message = _("You have signed in today already. Come back tomorrow.")


def sign_in(*, member, by, at, facts=earning.NOTHING):
    """Sign ``member`` in for the shop's date of ``at`` and book the day's points by the rules (D1). Returns the
    ``SignIn`` with the points that were booked, and ``under_review`` if they wait for staff because of ``facts``.

    A missed day restarts the streak at 1. Raises ``AlreadySigned`` on the second call of a day, also under concurrency:
    the row is inserted before any points are booked, and the database allows one row per day.
    """
    today = shop_date(at)
    with locking_transaction():
        yesterday = SignIn.objects.filter(member=member, local_date=today - timedelta(days=1)).first()
        day = yesterday.day + 1 if yesterday else 1
        try:
            with transaction.atomic():
                signed = SignIn.objects.create(
                    member=member, local_date=today, day=day, points=rules.points_for(day), at=at
                )
        except IntegrityError as error:
            if broken_constraint(error) == "sign_in_once_a_day":
                raise AlreadySigned from error
            raise
        booked = earning.behaviour(
            member=member.pk,
            behaviour="sign_in",
            base=rules.points_for(day),
            base_steps=_steps(day),
            key=rules.key_of(member.pk, today),
            source=f"sign_in:{today.isoformat()}",
            facts=facts,
            by=by,
            at=at,
        )
        paid = 0 if booked.under_review else booked.points
        if paid != signed.points:
            SignIn.objects.filter(pk=signed.pk).update(points=paid)
    signed.points, signed.under_review = booked.points, booked.under_review
    return signed


def _steps(day):
    """How the base was calculated (C11): message ids and their values, translated when read."""
    steps = [[N_("Day %(day)s in a row"), rules.base_for(day), {"day": day}]]
    if bonus := rules.bonus_for(day):
        steps.append([N_("Extra for %(days)s days in a row"), bonus, {"days": rules.CYCLE}])
    return steps
