"""The daily sign-in (D1)."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_
from psycopg.errors import UniqueViolation

from activities import rules
from activities.models import SignIn
from core.clock import shop_date
from core.db import locking_transaction
from core.errors import DomainError
from points import ledger


class AlreadySigned(DomainError):
    code = "already_signed"
    message = _("You have signed in today already. Come back tomorrow.")


def sign_in(*, member, by, at):
    """Sign ``member`` in for the shop's date of ``at`` and pay the day's points (D1). Returns the ``SignIn``.

    A day missed starts the streak again at 1. Raises ``AlreadySigned`` on the second call of a day, whoever wins
    the race: the row is inserted before anything is paid, and the database allows one a day.
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
            if isinstance(error.__cause__, UniqueViolation):
                raise AlreadySigned from error
            raise
        ledger.earn(
            account=member.pk,
            points=signed.points,
            kind="sign_in",
            key=f"sign_in:{member.pk}:{today.isoformat()}",
            source=f"sign_in:{today.isoformat()}",
            breakdown=_breakdown(day),
            by=by,
            at=at,
        )
    return signed


def _breakdown(day):
    """How the points came about (C11): sentences of the source and their values, to be put into words when read."""
    steps = [[N_("Day %(day)s in a row"), rules.base_for(day), {"day": day}]]
    if bonus := rules.bonus_for(day):
        steps.append([N_("Extra for %(days)s days in a row"), bonus, {"days": rules.CYCLE}])
    return {"steps": steps}
