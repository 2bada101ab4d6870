"""Each idempotency key has one effect, whoever asks again, and however many at once (H3).

A key's row is written first, in the transaction of the effect: a second request with the key waits for the first to
commit and reads its answer, and where the first was rolled back it takes its place. A refusal changed nothing: its row
shows staff what was asked, and the next request with the key takes it over. The row also holds the nonce of the
signature. The cache knows nonces as well, and faster, but may forget them; points move only where the database agrees.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from core.call import call
from core.db import broken_constraint, locking_transaction
from core.errors import DomainError
from points.partners.models import PartnerCall
from points.partners.parameters import PARTNER_LOG_DAYS

CLAIM = """
INSERT INTO points_partnercall
    (partner_id, key_id, idempotency_key, nonce, operation, request, status, code, answer, at)
VALUES (%s, %s, %s, %s, %s, %s, 0, '', '', %s)
ON CONFLICT (partner_id, idempotency_key) DO UPDATE SET
    key_id = excluded.key_id, nonce = excluded.nonce, operation = excluded.operation, request = excluded.request,
    status = 0, code = '', answer = '', at = excluded.at
WHERE points_partnercall.code <> '' AND points_partnercall.nonce <> excluded.nonce
RETURNING id
"""
ANSWER = "UPDATE points_partnercall SET status = %s, code = %s, answer = %s WHERE id = %s"
NONCE = "points_partner_call_nonce"
PRUNED_AT_ONCE = 10_000


class KeyStandsForOther(DomainError):
    """Another request was made with this idempotency key."""

    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was used for another request. Nothing was changed.")


class Replayed(DomainError):
    """This signature was used before."""

    code = "replayed"
    message = _("This signed request was sent before. Sign again with a new nonce.")


@dataclass(frozen=True)
class Answer:
    """What a partner is told: ``body`` is JSON, ``code`` that of a refusal."""

    status: int
    body: str
    code: str = ""
    is_repeated: bool = False


def once(*, key, idempotency_key, nonce, operation, request, at, work):
    """The ``Answer`` for this key of the partner: that of ``work()``, which is called until it succeeds, and once with
    success.

    ``request`` is a hash of what was asked. ``work`` runs inside the transaction; what it raises undoes everything and
    leaves the key as it was. Raises ``KeyStandsForOther``, ``Replayed``, ``Busy``.
    """
    with locking_transaction():
        claimed = _claim((key.partner_id, key.pk, idempotency_key, nonce, operation, request, at))
        if claimed is None:
            return _earlier(key.partner_id, idempotency_key, nonce, request)
        answer = work()
        call(ANSWER, (answer.status, answer.code, answer.body, claimed))
    return answer


def prune(*, at):
    """Forget calls older than ``PARTNER_LOG_DAYS``, some at a time; returns how many. The partner's own reference of
    each thing goes on to keep it from being done twice."""
    old = PartnerCall.objects.filter(at__lt=at - timedelta(days=PARTNER_LOG_DAYS.value))
    return PartnerCall.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])).delete()[0]


def _claim(row):
    try:
        return next((pk for (pk,) in call(CLAIM, row)), None)
    except IntegrityError as error:
        if broken_constraint(error) == NONCE:
            raise Replayed from error
        raise


def _earlier(partner_id, idempotency_key, nonce, request):
    earlier = PartnerCall.objects.get(partner_id=partner_id, idempotency_key=idempotency_key)
    if earlier.nonce == nonce:
        raise Replayed
    if earlier.request != request:
        raise KeyStandsForOther
    return Answer(earlier.status, earlier.answer, earlier.code, is_repeated=True)
