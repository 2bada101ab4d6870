"""Points that partners deduct: set aside first, taken when the partner confirms, given back when it cancels, when the
deadline passes, or later in parts (H3). Locks: the deduction's row, the account, the partner's book."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.utils.translation import gettext_lazy as _

from core import actors
from core.db import locking_transaction
from core.errors import DomainError, InvalidInput
from points import ledger
from points.partners.models import Deduction, PartnerEntry
from points.partners.services import book
from points.partners.services.book import ReferenceUsed
from points.purchases.services.linking import member_of

State, Kind = Deduction.State, PartnerEntry.Kind
BY_SWEEP = actors.system("partners")
LONGEST_MINUTES = 7 * 24 * 60


class UnknownDeduction(DomainError):
    """Not there, or another partner's."""

    code = "unknown_deduction"
    message = _("There is no such deduction.")


class DeductionSettled(DomainError):
    """Details: ``state``."""

    code = "deduction_settled"
    message = _("This deduction was already settled. Nothing was changed.")


class DeductionExpired(DomainError):
    code = "deduction_expired"
    message = _("The deadline of this deduction has passed, the points go back to the member.")


@dataclass(frozen=True)
class GivenBack:
    deduction: Deduction
    points: int
    repeated: bool


def deduct(*, partner, reference, member, points, minutes, at, reason=""):
    """Set ``points`` of the member aside for ``minutes``; returns the ``Deduction``. The same ``reference`` with the
    same content returns the first one. Raises ``UnknownMember``, ``NotEnoughPoints``, ``ReferenceUsed``,
    ``BudgetUsed``."""
    if not 0 < minutes <= LONGEST_MINUTES:
        raise InvalidInput(field="hold_minutes")
    member_id = member_of(source=partner.source, name=member)
    new = Deduction(
        id=uuid4(),
        partner=partner,
        reference=reference,
        member_id=member_id,
        points=points,
        reason=reason,
        state=State.HELD,
        created_at=at,
        deadline=at + timedelta(minutes=minutes),
    )
    with locking_transaction():
        Deduction.objects.bulk_create([new], ignore_conflicts=True)
        deduction = Deduction.objects.get(partner=partner, reference=reference)
        if deduction.pk != new.pk:
            if (deduction.member_id, deduction.points) != (member_id, points):
                raise ReferenceUsed(reference=reference)
            return deduction
        ledger.hold(
            account=member_id,
            points=points,
            key=new.hold_key,
            by=partner.source,
            at=at,
            source=new.hold_key,
            expires_at=new.deadline,
        )
        book.count(partner=partner, at=at, deducted=points)
    return deduction


def confirm(*, partner, number, at):
    """Take the points for good. Confirming again changes nothing. Raises ``UnknownDeduction``, ``DeductionSettled``,
    and ``DeductionExpired`` by the clock, whether the sweep has been there or not."""
    with locking_transaction():
        deduction = _locked(partner, number)
        if deduction.state == State.CONFIRMED:
            return deduction
        _must_be_held(deduction)
        if at >= deduction.deadline:
            raise DeductionExpired
        ledger.capture(
            account=deduction.member_id,
            hold=deduction.hold_key,
            key=deduction.paid_key,
            by=partner.source,
            at=at,
            reason=deduction.reason or partner.name,
        )
        _end(deduction, State.CONFIRMED, at)
        _enter(deduction, partner, Kind.DEDUCTION_CONFIRMED, at, points=-deduction.points)
    return deduction


def cancel(*, partner, number, at):
    """Give the points back. What was cancelled, or ran out, stays so. Raises ``UnknownDeduction``, and
    ``DeductionSettled`` where it was confirmed."""
    with locking_transaction():
        deduction = _locked(partner, number)
        if deduction.state in (State.CANCELLED, State.EXPIRED):
            return deduction
        _must_be_held(deduction)
        _release(deduction, partner, State.CANCELLED, Kind.DEDUCTION_CANCELLED, by=partner.source, at=at)
    return deduction


def give_back(*, partner, number, refund_number, points, at):
    """Give ``points`` of a confirmed deduction back, any number of times, each with its own ``refund_number``. Raises
    ``UnknownDeduction``, ``DeductionSettled``, ``TooMuchRefunded``, ``ReferenceUsed``."""
    with locking_transaction(), book.one_meaning(refund_number, ledger.KeyReused):
        deduction = _locked(partner, number)
        if deduction.state != State.CONFIRMED:
            raise DeductionSettled(state=deduction.state)
        refund = ledger.refund(
            account=deduction.member_id,
            spent=deduction.paid_key,
            points=points,
            key=f"{deduction.hold_key}:refund:{refund_number}",
            by=partner.source,
            at=at,
            reason=deduction.reason or partner.name,
        )
        if not refund.repeated:
            deduction.returned_points += points
            deduction.save(update_fields=["returned_points"])
            _enter(deduction, partner, Kind.DEDUCTION_REFUNDED, at, points=points, part=refund_number)
    return GivenBack(deduction, points, refund.repeated)


def expire(*, number, at):
    """Give the points of a deduction past its deadline back. True if that was to be done; a row that somebody works on
    is left to them."""
    with locking_transaction():
        due = Deduction.objects.select_for_update(skip_locked=True, of=["self"]).select_related("partner")
        deduction = due.filter(pk=number, state=State.HELD, deadline__lte=at).first()
        if deduction is None:
            return False
        _release(deduction, deduction.partner, State.EXPIRED, Kind.DEDUCTION_EXPIRED, by=BY_SWEEP, at=at)
    return True


def _locked(partner, number):
    deduction = Deduction.objects.select_for_update().filter(partner=partner, pk=_uuid(number)).first()
    if deduction is None:
        raise UnknownDeduction
    return deduction


def _uuid(number):
    try:
        return number if isinstance(number, UUID) else UUID(number)
    except ValueError:
        raise UnknownDeduction from None


def _must_be_held(deduction):
    if deduction.state == State.EXPIRED:
        raise DeductionExpired
    if deduction.state != State.HELD:
        raise DeductionSettled(state=deduction.state)


def _release(deduction, partner, state, kind, *, by, at):
    ledger.release(
        account=deduction.member_id, hold=deduction.hold_key, key=f"{deduction.hold_key}:released", by=by, at=at
    )
    _end(deduction, state, at)
    _enter(deduction, partner, kind, at)


def _end(deduction, state, at):
    deduction.state, deduction.ended_at = state, at
    deduction.save(update_fields=["state", "ended_at"])


def _enter(deduction, partner, kind, at, *, points=0, part=""):
    book.enter(
        partner=partner,
        kind=kind,
        reference=f"{deduction.reference}/{part}" if part else deduction.reference,
        member_id=deduction.member_id,
        points=points,
        at=at,
        deduction=str(deduction.pk),
    )
