"""Points that partners give (H3)."""

from core.call import call
from core.db import locking_transaction
from points import ledger
from points.ledger.models import Kind
from points.partners.models import PartnerEntry
from points.partners.services import book
from points.partners.services.book import ReferenceUsed
from points.purchases.services.linking import member_of
from points.tiers.services import tiers

OF_ANOTHER = """
SELECT 1 FROM points_partnerentry WHERE partner_id = %s AND kind = %s AND reference = %s AND member_id <> %s
"""


def grant(*, partner, reference, member, points, at, reason=""):
    """Give the member ``points``; returns ``(member id, ledger.Posting)``. The same ``reference`` gives once. Raises
    ``UnknownMember``, ``ReferenceUsed``, ``BudgetUsed``."""
    member_id = member_of(source=partner.source, name=member)
    with locking_transaction(), book.one_meaning(reference, ledger.KeyReused):
        _must_be_free(partner, reference, member_id)
        posting = ledger.earn(
            account=member_id,
            points=points,
            kind=Kind.CAMPAIGN,
            key=f"{partner.source}:grant:{reference}",
            by=partner.source,
            at=at,
            source=partner.source,
            reason=reason or partner.name,
        )
        if not posting.repeated:
            tiers.consider(member_id, at=at)
            book.enter(
                partner=partner,
                kind=PartnerEntry.Kind.GRANT,
                reference=reference,
                member_id=member_id,
                points=points,
                given=points,
                at=at,
            )
    return member_id, posting


def _must_be_free(partner, reference, member_id):
    """The ledger knows keys by account; a partner's reference stands for one member only."""
    if call(OF_ANOTHER, (partner.pk, str(PartnerEntry.Kind.GRANT), reference, member_id)):
        raise ReferenceUsed(reference=reference)
