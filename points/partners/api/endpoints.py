"""The partners' addresses under ``/api/v1/``: each loads, calls one service or query, and answers (H3)."""

from typing import Annotated

from ninja import Query, Router

from points.ledger import queries
from points.partners import queries as partners_queries
from points.partners.api import schemas
from points.partners.api.answering import reads, writes
from points.partners.models import Scope
from points.partners.services import deductions, grants, sales
from points.partners.services import members as partners_members
from points.purchases.queries import names as purchases_names
from points.purchases.services import linking

MOST_CURSOR = 2**63 - 1

REFUSALS = dict.fromkeys((400, 401, 403, 404, 409, 411, 413, 422, 429, 503), schemas.Problem)

router = Router()


def answers(status, schema):
    return {status: schema, **REFUSALS}


# Purchases


@router.post("/purchases", response=answers(201, schemas.PurchaseOut), tags=["purchases"])
@writes(Scope.PURCHASES, status=201)
def purchase(caller, body: schemas.PurchaseIn):
    """Report a purchase; the member earns by the rules in force."""
    member_id, booked = sales.purchase(
        partner=caller.partner,
        member=body.member,
        number=body.number,
        paid_at=body.paid_at,
        lines=[(line.category, line.amount_fen) for line in body.lines],
        at=caller.at,
    )
    return schemas.PurchaseOut(number=body.number, member_id=member_id, points=booked.points)


@router.post("/purchases/{number}/refunds", response=answers(201, schemas.RefundOut), tags=["purchases"])
@writes(Scope.PURCHASES, status=201)
def refund(caller, number: schemas.NumberInPath, body: schemas.RefundIn):
    """Report that money of a purchase went back; what it earned goes back in proportion. Any number of parts."""
    taken = sales.refund(
        partner=caller.partner,
        number=number,
        refund_number=body.refund_number,
        amount_fen=body.amount_fen,
        category=body.category or None,
        at=caller.at,
    )
    return schemas.RefundOut(number=number, refund_number=body.refund_number, points_taken=taken)


# Members


@router.post("/members", response=answers(201, schemas.MemberOut), tags=["members"])
@writes(Scope.MEMBERS, status=201)
def member(caller, body: schemas.MemberIn):
    """Find the member with a phone number, or make one, and name it by your own number from now on."""
    found = partners_members.find_or_create(
        source=caller.partner.source,
        phone=body.phone,
        external_id=body.external_id,
        by=caller.partner.source,
        at=caller.at,
    )
    return schemas.MemberOut(member_id=found.member_id, is_new=found.is_new)


@router.get("/members/{path:name}/balance", response=answers(200, schemas.BalanceOut), tags=["members"])
@reads(Scope.BALANCE)
def balance(caller, name: schemas.MemberInPath):
    """What the member can spend, and what is on its way."""
    member_id = linking.member_of(source=caller.partner.source, name=name)
    now = queries.balance(member_id, at=caller.at)
    return schemas.BalanceOut(
        member_id=member_id,
        available=now.available,
        pending=now.pending,
        held=now.held,
        expiring_points=now.expiring_points,
        expires_at=now.expires_at,
    )


@router.get("/members/{path:name}", response=answers(200, schemas.MemberFound), tags=["members"])
@reads(Scope.MEMBERS)
def look_up(caller, name: schemas.MemberInPath):
    """Whether there is such a member."""
    source = caller.partner.source
    member_id = linking.member_of(source=source, name=name)
    return schemas.MemberFound(
        member_id=member_id, external_id=purchases_names.external_ids(source, [member_id]).get(member_id, "")
    )


# Deductions


@router.post("/deductions", response=answers(201, schemas.DeductionOut), tags=["deductions"])
@writes(Scope.DEDUCTIONS, status=201)
def deduct(caller, body: schemas.DeductionIn):
    """Set points aside. Confirm before the deadline, or they go back by themselves."""
    return _deduction(
        deductions.deduct(
            partner=caller.partner,
            reference=body.reference,
            member=body.member,
            points=body.points,
            minutes=body.hold_minutes,
            reason=body.reason,
            at=caller.at,
        )
    )


@router.get("/deductions/{number}", response=answers(200, schemas.DeductionOut), tags=["deductions"])
@reads(Scope.DEDUCTIONS)
def deduction(caller, number: schemas.UUIDInPath):
    """How a deduction stands."""
    found = partners_queries.deduction_of(caller.partner, number)
    if found is None:
        raise deductions.UnknownDeduction
    return _deduction(found)


@router.post("/deductions/{number}/confirm", response=answers(200, schemas.DeductionOut), tags=["deductions"])
@writes(Scope.DEDUCTIONS, status=200)
def confirm(caller, number: schemas.UUIDInPath):
    """Take the points for good."""
    return _deduction(deductions.confirm(partner=caller.partner, number=number, at=caller.at))


@router.post("/deductions/{number}/cancel", response=answers(200, schemas.DeductionOut), tags=["deductions"])
@writes(Scope.DEDUCTIONS, status=200)
def cancel(caller, number: schemas.UUIDInPath):
    """Give the points back at once."""
    return _deduction(deductions.cancel(partner=caller.partner, number=number, at=caller.at))


@router.post("/deductions/{number}/refunds", response=answers(201, schemas.DeductionOut), tags=["deductions"])
@writes(Scope.DEDUCTIONS, status=201)
def give_back(caller, number: schemas.UUIDInPath, body: schemas.GiveBackIn):
    """Give points of a confirmed deduction back, in any number of parts."""
    return _deduction(
        deductions.give_back(
            partner=caller.partner, number=number, refund_number=body.refund_number, points=body.points, at=caller.at
        ).deduction
    )


def _deduction(found):
    return schemas.DeductionOut(
        id=found.pk,
        reference=found.reference,
        member_id=found.member_id,
        points=found.points,
        returned_points=found.returned_points,
        state=str(found.state),
        deadline=found.deadline,
    )


# Grants and entries


@router.post("/grants", response=answers(201, schemas.GrantOut), tags=["grants"])
@writes(Scope.GRANTS, status=201)
def grant(caller, body: schemas.GrantIn):
    """Give points, within the daily budget."""
    member_id, posting = grants.grant(
        partner=caller.partner,
        reference=body.reference,
        member=body.member,
        points=body.points,
        reason=body.reason,
        at=caller.at,
    )
    return schemas.GrantOut(reference=body.reference, member_id=member_id, points=posting.points)


@router.get("/entries", response=answers(200, schemas.EntriesOut), tags=["entries"])
@reads(Scope.ENTRIES)
def entries(
    caller,
    cursor: Annotated[int, Query(ge=0, le=MOST_CURSOR, description="`next_cursor` of the last answer.")] = 0,
    member: Annotated[str, Query(max_length=64, description="Of one member only.")] = "",
):
    """What you caused, in the order in which it was booked. Nothing ever appears before an entry that you have read."""
    partner = caller.partner
    member_id = linking.member_of(source=partner.source, name=member) if member else None
    page = partners_queries.entries_since(partner, cursor, member_id=member_id)
    names = purchases_names.external_ids(partner.source, [entry.member_id for entry in page.entries])
    return schemas.EntriesOut(
        entries=[
            schemas.EntryOut(
                entry=entry.seq,
                kind=entry.kind,
                reference=entry.reference,
                member_id=entry.member_id,
                external_id=names.get(entry.member_id, ""),
                points=entry.points,
                at=entry.at,
                details=entry.details,
            )
            for entry in page.entries
        ],
        next_cursor=page.next,
        has_more=page.has_more,
    )
