"""How many points a partner may give in a day: to raise that is to give points, and needs a second person (H3, B11)."""

from core import approvals
from core.db import locking_transaction
from points.models import Partner
from points.services.partners import setup

KIND = "points.partner_budget"
USUAL = Partner._meta.get_field("daily_grant_points").default


def create(*, code, name, by, at, daily_grant_points=USUAL, reason="", **limits):
    """``setup.create_partner``: at first with no more than the usual budget. Returns ``(partner, Approval that waits
    or None)``."""
    with locking_transaction():
        budget = min(daily_grant_points, USUAL)
        partner = setup.create_partner(code=code, name=name, by=by, at=at, daily_grant_points=budget, **limits)
        return partner, _ask(partner, budget, daily_grant_points, by=by, at=at, reason=reason)


def change(*, partner, by, at, daily_grant_points, reason="", **fields):
    """``setup.change_partner``; more than it has and more than the usual budget waits. Returns the ``Approval`` that
    waits, or None. Raises ``AlreadyAsked``."""
    with locking_transaction():
        partner = Partner.objects.select_for_update().get(pk=partner.pk)
        now = partner.daily_grant_points
        budget = min(daily_grant_points, max(now, USUAL))
        setup.change_partner(partner=partner, by=by, at=at, daily_grant_points=budget, **fields)
        return _ask(partner, budget, daily_grant_points, by=by, at=at, reason=reason)


def run(approval, *, by, at):
    """What was approved. Raises ``Outdated``."""
    partner = Partner.objects.select_for_update().get(pk=approval.data["partner"])
    if partner.daily_grant_points != approval.data["before"]:
        raise approvals.Outdated
    setup.change_partner(
        partner=partner,
        name=partner.name,
        is_active=partner.is_active,
        daily_grant_points=approval.data["after"],
        by=approval.by,
        at=at,
    )


def _ask(partner, before, after, *, by, at, reason):
    if after <= before:
        return None
    data = {"partner": partner.pk, "before": before, "after": after}
    return approvals.ask(kind=KIND, subject=partner.source, data=data, reason=reason, by=by, at=at)
