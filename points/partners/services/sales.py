"""What partners sold for money, and what of it came back (H3, C1)."""

from datetime import timedelta

from core.db import locking_transaction
from core.errors import InvalidInput
from points.partners.models import PartnerEntry
from points.partners.services import book
from points.partners.services.book import ReferenceUsed
from points.purchases.models import Purchase
from points.purchases.services import purchases
from points.purchases.services.linking import member_of
from points.purchases.services.purchase_age import ended

CLOCKS_DIFFER = timedelta(minutes=5)


def purchase(*, partner, member, number, paid_at, lines, at):
    """Book a purchase of ``lines`` ``[(category, fen)]``; returns ``(member id, Booked)``. The same ``number`` with the
    same content books once. Raises ``UnknownMember``, ``BudgetUsed``, ``PointsHaveEnded``, ``ReferenceUsed``, and what
    else ``services.purchases.record`` raises."""
    if paid_at > at + CLOCKS_DIFFER:
        raise InvalidInput(field="paid_at")
    if (refusal := ended(paid_at, at=at)) and not _is_known(partner, number):
        raise refusal
    member_id = member_of(source=partner.source, name=member)
    with locking_transaction(), book.one_meaning(number, purchases.PurchaseDiffers):
        booked = purchases.record(
            member=member_id,
            source=partner.source,
            number=number,
            lines=lines,
            paid_at=paid_at,
            by=partner.source,
            at=at,
        )
        if not booked.repeated:
            book.enter(
                partner=partner,
                kind=PartnerEntry.Kind.PURCHASE,
                reference=number,
                member_id=member_id,
                points=booked.points,
                given=booked.points,
                at=at,
            )
    return member_id, booked


def refund(*, partner, number, refund_number, amount_fen, at, category=None):
    """Take back what a part of a purchase earned; returns by how many points the balance went down. The same
    ``refund_number`` of a purchase again changes nothing. Raises ``ReferenceUsed`` where its content is another, and
    what else ``services.purchases.refund`` raises."""
    reference = f"{number}/{refund_number}"
    details = {"amount_fen": amount_fen, "category": category or ""}
    with locking_transaction(), book.one_meaning(reference, purchases.RefundDiffers):
        taken = purchases.refund(
            source=partner.source,
            number=number,
            refund_number=refund_number,
            amount_fen=amount_fen,
            category=category,
            by=partner.source,
            at=at,
        )
        kind = PartnerEntry.Kind.REFUND
        before = PartnerEntry.objects.filter(partner=partner, kind=kind, reference=reference).first()
        if before is not None and before.details != details:
            raise ReferenceUsed(reference=reference)
        if before is None:
            member_id = Purchase.objects.values_list("member_id", flat=True).get(source=partner.source, number=number)
            book.enter(
                partner=partner,
                kind=kind,
                reference=reference,
                member_id=member_id,
                points=-taken,
                at=at,
                **details,
            )
    return taken


def _is_known(partner, number):
    return Purchase.objects.filter(source=partner.source, number=number).exists()
