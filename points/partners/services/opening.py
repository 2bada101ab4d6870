"""What opens a way to points for somebody outside: a partner that is switched on, a budget of it that is raised, a key.

Each needs a second person (H3, B11). A budget holds for every day to come, and whoever makes a key has read its
secret: so there is no figure up to which one person may do it alone, and no sum of a day. What takes something away
(switched off, a lower budget, a key revoked) is done at once.
"""

from core import approvals
from core.db import locking_transaction
from points.partners.models import Partner, PartnerKey
from points.partners.services import setup

PARTNER, KEY = "points.partner_budget", "points.partner_key"
OPENS = ("is_active", "daily_grant_points", "daily_deduct_points")  # more of these waits


def create(*, code, name, by, at, calls_per_minute, reason="", **budgets):
    """Make a partner that is switched off and has no budgets until somebody else approves. Returns
    ``(partner, Approval that waits)``. Raises ``CodeTaken``."""
    with locking_transaction():
        partner = setup.create_partner(code=code, name=name, by=by, at=at, calls_per_minute=calls_per_minute)
        return partner, _ask(partner, {"is_active": True, **budgets}, by=by, at=at, reason=reason)


def change(*, partner, by, at, reason="", **fields):
    """``setup.change_partner``; what opens more than before waits. Returns the ``Approval`` that waits, or None. Raises
    ``AlreadyAsked``."""
    with locking_transaction():
        partner = Partner.objects.select_for_update().get(pk=partner.pk)
        opened = {name: fields[name] for name in OPENS if fields.get(name, 0) > getattr(partner, name)}
        kept = {name: getattr(partner, name) for name in opened}
        setup.change_partner(partner=partner, by=by, at=at, **fields | kept)
        return _ask(partner, opened, by=by, at=at, reason=reason) if opened else None


def run(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved. Raises ``Outdated``."""
    partner = Partner.objects.select_for_update().get(pk=approval.data["partner"])
    before, after = approval.data["before"], approval.data["after"]
    if {name: getattr(partner, name) for name in before} != before:
        raise approvals.Outdated
    fields = {"name": partner.name, "is_active": partner.is_active} | after
    setup.change_partner(partner=partner, by=approval.by, at=at, **fields)


def make_key(*, partner, scopes, by, at):
    """``setup.make_key``: its secret is told now, and it signs once somebody else has approved. Returns
    ``(PartnerKey, secret, Approval that waits)``."""
    with locking_transaction():
        key, secret = setup.make_key(partner=partner, scopes=scopes, by=by, at=at)
        data = {"partner": partner.pk, "key": key.pk}
        return key, secret, approvals.ask(kind=KEY, subject=partner.source, data=data, by=by, at=at)


def run_key(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved. Raises ``Outdated`` where the key was revoked meanwhile."""
    if not setup.open_key(key=_key_of(approval), by=approval.by, at=at):
        raise approvals.Outdated


def drop_key(approval, *, by, at):
    """What was refused: the key is no key any more."""
    setup.revoke_key(key=_key_of(approval), by=by, at=at)


def _key_of(approval):
    return PartnerKey.objects.select_related("partner").get(pk=approval.data["key"])


def _ask(partner, after, *, by, at, reason):
    before = {name: getattr(partner, name) for name in after}
    data = {"partner": partner.pk, "before": before, "after": after}
    return approvals.ask(kind=PARTNER, subject=partner.source, data=data, reason=reason, by=by, at=at)
