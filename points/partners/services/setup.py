"""Partners, their keys and their webhooks are written (H3). A secret is returned once, by the call that made it.

A new partner is switched off and may give nothing, a new key signs nothing: what opens them is asked for in
``opening``.
"""

import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.db import broken_constraint
from core.errors import DomainError
from core.outgoing import may_be_public
from points.partners.models import Event, Partner, PartnerBook, PartnerKey, Scope

SLOTS = (1, 2)
CODE_ONCE = "points_partner_code_key"
LIMITS = ("is_active", "calls_per_minute", "daily_grant_points", "daily_deduct_points")


class CodeTaken(DomainError):
    code = "code_taken"
    message = _("Another partner has this code. Nothing was saved.")


class TwoKeysAlready(DomainError):
    code = "two_keys_already"
    message = _("Two keys are in use. Revoke one of them first.")


class AddressNotAllowed(DomainError):
    code = "address_not_allowed"
    message = _("Webhooks go to https addresses on the public internet. Nothing was saved.")


def create_partner(*, code, name, by, at, **limits):
    """Make a partner; ``limits`` are ``LIMITS``, by default closed. Raises ``CodeTaken``."""
    try:
        with transaction.atomic():
            partner = Partner.objects.create(code=code, name=name, created_at=at, **_known(limits))
            PartnerBook.objects.create(partner=partner, day=clock.shop_date(at))
            audit.record("partner.created", by=by, subject=partner.source, at=at, name=name, **limits)
    except IntegrityError as error:
        if broken_constraint(error) == CODE_ONCE:
            raise CodeTaken from error
        raise
    return partner


def change_partner(*, partner, name, by, at, **limits):
    """Set the name and any of ``LIMITS``; switched off, none of its keys opens anything."""
    changed = {"name": name, **_known(limits)}
    with transaction.atomic():
        Partner.objects.filter(pk=partner.pk).update(**changed)
        audit.record("partner.changed", by=by, subject=partner.source, at=at, **changed)
    for field, value in changed.items():
        setattr(partner, field, value)


def make_key(*, partner, scopes, by, at):
    """``(PartnerKey, secret)``: the only time that the secret is told. It signs nothing before ``open_key``. Raises
    ``TwoKeysAlready``."""
    secret = secrets.token_urlsafe(32)
    scopes = [scope for scope in Scope.values if scope in scopes]
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        taken = set(PartnerKey.objects.filter(partner=partner, revoked_at=None).values_list("slot", flat=True))
        free = [slot for slot in SLOTS if slot not in taken]
        if not free:
            raise TwoKeysAlready
        key = PartnerKey.objects.create(
            partner=partner,
            name=f"pk_{secrets.token_hex(10)}",
            secret=secret,
            scopes=scopes,
            slot=free[0],
            created_at=at,
            created_by=by,
        )
        audit.record("partner.key_made", by=by, subject=partner.source, at=at, key=key.name, scopes=scopes)
    return key, secret


def open_key(*, key, by, at):
    """From this moment on the key signs. True unless it did before, or is revoked."""
    with transaction.atomic():
        opened = PartnerKey.objects.filter(pk=key.pk, opened_at=None, revoked_at=None).update(opened_at=at)
        if opened:
            audit.record("partner.key_opened", by=by, subject=key.partner.source, at=at, key=key.name)
    return bool(opened)


def revoke_key(*, key, by, at):
    """From this moment on the key signs nothing, and cannot be opened. True unless it was revoked before."""
    with transaction.atomic():
        revoked = PartnerKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at, revoked_by=by)
        if revoked:
            audit.record("partner.key_revoked", by=by, subject=key.partner.source, at=at, key=key.name)
    return bool(revoked)


def set_webhook(*, partner, url, events, new_secret, by, at):
    """Say where the partner is told of what; an empty ``url`` ends it. Returns a new secret when one was made (asked
    for, or there was none), else None. Raises ``AddressNotAllowed``."""
    if url and not is_allowed(url, strict=settings.PRODUCTION):
        raise AddressNotAllowed
    events = [event for event in Event.values if event in events]
    secret = secrets.token_urlsafe(32) if url and (new_secret or not partner.webhook_secret) else None
    partner.webhook_url, partner.webhook_events = url, events if url else []
    if secret:
        partner.webhook_secret = secret
    with transaction.atomic():
        partner.save(update_fields=["webhook_url", "webhook_events", "webhook_secret"])
        audit.record(
            "partner.webhook_set", by=by, subject=partner.source, at=at, url=url, events=events, new_secret=bool(secret)
        )
    return secret


def is_allowed(url, *, strict):
    """Whether a webhook may go to ``url`` by its looks; where its name leads is asked at every delivery.

    ``strict`` (production): https on the public internet only, so that nobody makes the mall call its own machines.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.password or len(url) > 300:
        return False
    if not strict:
        return True
    return parts.scheme == "https" and port in (None, 443, 8443) and may_be_public(host)


def _known(limits):
    return {name: limits[name] for name in LIMITS if name in limits}
