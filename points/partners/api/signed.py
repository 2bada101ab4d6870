"""Who calls: the signature of a request, its freshness, and how often (H3)."""

import re
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext_lazy as _
from ninja.security import APIKeyHeader

from core import clock, limits
from core.crypto import fingerprint
from core.errors import DomainError
from points.partners import signing
from points.partners.api.problems import BodyTooLarge, LengthRequired, TooManyCalls
from points.partners.models import PartnerKey
from points.partners.queries import live_key
from points.partners.services.idempotency import Replayed
from points.partners.services.keys import note_use

log = structlog.get_logger(__name__)

MOST_BYTES = 64 * 1024
MINUTE_S = 60
NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
NAME = re.compile(r"[A-Za-z0-9_]{1,32}")
HEX = re.compile(r"[0-9a-f]{64}")
NOBODY = "no-such-key"  # what a signature by an unknown key is compared with, so that both take as long


class NotSigned(DomainError):
    code = "not_signed"
    message = _("This request is not signed: X-Partner-Key, X-Timestamp, X-Nonce and X-Signature are needed.")


class BadSignature(DomainError):
    """The same for an unknown key, a revoked one and a wrong signature."""

    code = "bad_signature"
    message = _("The signature is not right.")


class StaleTimestamp(DomainError):
    """Details: ``now``, our clock in Unix seconds."""

    code = "stale_timestamp"
    message = _("X-Timestamp is more than 5 minutes from our clock, which says %(now)s.")


class ScopeMissing(DomainError):
    """Details: ``scope``."""

    code = "scope_missing"
    message = _("This key may not do that: it lacks “%(scope)s”.")


@dataclass(frozen=True)
class Caller:
    """A request that was really made by the partner, just now. ``digest`` stands for method, address and body."""

    key: PartnerKey
    nonce: str
    digest: str
    at: datetime

    @property
    def partner(self):
        return self.key.partner

    def must_have(self, scope):
        if scope not in self.key.scopes:
            raise ScopeMissing(scope=str(scope))


class PartnerSignature(APIKeyHeader):
    """The first of four headers: docs/partner-api.md says how to sign."""

    param_name = "X-Partner-Key"
    openapi_description = (
        "With X-Timestamp, X-Nonce and X-Signature: HMAC-SHA256 over method, address, body, time, nonce."
    )

    def authenticate(self, request, key):
        """The ``Caller``; raises the reason against it."""
        return caller_of(request, at=clock.now())


def caller_of(request, *, at):
    """1. Headers are there. 2. The time is near. 3. The signature is right. 4. The nonce is new. 5. Not too often.

    Only who passed the third costs the partner anything: strangers cannot use up its calls.
    """
    name, timestamp, nonce, signature = (
        request.headers.get(header, "") for header in ("X-Partner-Key", "X-Timestamp", "X-Nonce", "X-Signature")
    )
    if not (NAME.fullmatch(name) and NONCE.fullmatch(nonce) and HEX.fullmatch(signature) and timestamp):
        raise NotSigned
    if not signing.is_recent(timestamp, at=at):
        raise StaleTimestamp(now=int(at.timestamp()))
    body = _body(request)
    text = signing.canonical(request.method, request.path, request.META.get("QUERY_STRING", ""), body, timestamp, nonce)
    key = live_key(name)
    is_signed = signing.is_signed(key.secret if key else NOBODY, text, signature)
    if key is None or not is_signed:
        log.warning("partner_refused", key=name, known=key is not None)
        raise BadSignature
    structlog.contextvars.bind_contextvars(partner=key.partner.code)
    _use_once(key, nonce)
    _count(key.partner, at)
    note_use(key=key, at=at)
    address = text.rsplit("\n", 2)[0]  # method, address and body: what makes two requests the same
    return Caller(key, nonce, fingerprint(address), at)


def _body(request):
    if "Transfer-Encoding" in request.headers:
        raise LengthRequired
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > MOST_BYTES:
        raise BodyTooLarge
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise BodyTooLarge from error
    if len(body) > MOST_BYTES:
        raise BodyTooLarge
    return body


def _use_once(key, nonce):
    """Remember the nonce for as long as its time can be believed. The cache may forget it, or be away: a write asks the
    database as well (``idempotency.once``), and a read that is answered twice changes nothing."""
    if not cache.add(f"partner:nonce:{key.pk}:{nonce}", 1, timeout=2 * signing.WINDOW.total_seconds() + 1):
        raise Replayed


def _count(partner, at):
    """Count one more call in this minute of the clock, whose end the refusal can name."""
    minute, second = divmod(int(at.timestamp()), MINUTE_S)
    if not limits.take("partner_calls", f"{partner.pk}:{minute}", [(partner.calls_per_minute, MINUTE_S)], at=at):
        raise TooManyCalls(seconds=MINUTE_S - second)
