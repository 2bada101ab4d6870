"""A partner's log and budget: the last statement of each of its bookings (H3)."""

from contextlib import contextmanager
from functools import cache

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from core import clock, outbox
from core.call import call
from core.db import broken_constraint
from core.errors import DomainError
from core.rows import Rows
from points.partners.models import Event, PartnerEntry

Kind = PartnerEntry.Kind
EVENTS = {
    Kind.PURCHASE: Event.EARNED,
    Kind.GRANT: Event.EARNED,
    Kind.REFUND: Event.REFUNDED,
    Kind.DEDUCTION_CONFIRMED: Event.CONFIRMED,
    Kind.DEDUCTION_CANCELLED: Event.CANCELLED,
    Kind.DEDUCTION_EXPIRED: Event.EXPIRED,
    Kind.DEDUCTION_REFUNDED: Event.RETURNED,
}
TOPIC = "partner.event"
ONCE = "points_partner_entry_once"

# Counts, tests and numbers in one statement, whose row lock is held to the commit. A clock that is behind counts for
# the day that has begun already.
COUNT = """
UPDATE points_partnerbook b SET
    last_seq = b.last_seq + n.entries,
    given_points = CASE WHEN b.day >= n.day THEN b.given_points ELSE 0 END + n.given,
    deducted_points = CASE WHEN b.day >= n.day THEN b.deducted_points ELSE 0 END + n.deducted,
    day = greatest(b.day, n.day)
FROM (
    SELECT
        %s::bigint AS partner, %s::date AS day, %s::integer AS entries, %s::bigint AS given, %s::bigint AS most_given,
        %s::bigint AS deducted, %s::bigint AS most_deducted
) n
WHERE b.partner_id = n.partner
    AND (n.given = 0 OR CASE WHEN b.day >= n.day THEN b.given_points ELSE 0 END + n.given <= n.most_given)
    AND (n.deducted = 0
        OR CASE WHEN b.day >= n.day THEN b.deducted_points ELSE 0 END + n.deducted <= n.most_deducted)
RETURNING b.last_seq
"""
ENTER = """
WITH counted AS ({count})
INSERT INTO {entry.table} (seq, {entry.columns}) SELECT last_seq, {entry.marks} FROM counted
RETURNING seq
"""


class BudgetUsed(DomainError):
    """The partner has given, or deducted, what it may on one day. Details: ``limit``."""

    code = "daily_budget_used"
    message = _("The daily budget of %(limit)s points does not cover this. Nothing was changed.")


class ReferenceUsed(DomainError):
    """The partner's own number stands for something else. Details: ``reference``."""

    code = "reference_used"
    message = _("This reference was already used for something else. Nothing was changed.")


@contextmanager
def one_meaning(reference, differs):
    """Say it in one way, ``ReferenceUsed``, when ``reference`` stands for something else: ``differs`` is the error by
    which the service underneath says so."""
    try:
        yield
    except differs as error:
        raise ReferenceUsed(reference=reference) from error


def count(*, partner, at, given=0, deducted=0):
    """Count points against the partner's day. Raises ``BudgetUsed``. Call it last: other bookings of the partner wait
    for the commit."""
    if not call(COUNT, _counted(partner, at, given=given, deducted=deducted)):
        raise BudgetUsed(limit=partner.daily_grant_points if given else partner.daily_deduct_points)


def _counted(partner, at, *, given=0, deducted=0, entries=0):
    day = clock.shop_date(at)
    return partner.pk, day, entries, given, partner.daily_grant_points, deducted, partner.daily_deduct_points


def enter(*, partner, kind, reference, member_id, points, at, given=0, **details):
    """Write what the partner caused, with the next number of its log, and let it be told; call it last, as ``count``.
    Details: JSON without personal data. Raises ``BudgetUsed``, and ``ReferenceUsed`` where another booking took the
    reference this moment."""
    sql, rows = _statement()
    entry = PartnerEntry(
        partner=partner, kind=kind, reference=reference, member_id=member_id, points=points, details=details, at=at
    )
    try:
        found = call(sql, (*_counted(partner, at, given=given, entries=1), *rows.values(entry)))
    except IntegrityError as error:
        if broken_constraint(error) == ONCE:
            raise ReferenceUsed(reference=reference) from error
        raise
    if not found:
        raise BudgetUsed(limit=partner.daily_grant_points)
    ((seq,),) = found
    event = EVENTS[kind]
    if partner.webhook_url and event in partner.webhook_events:
        data = {"entry": seq, "reference": reference, "member_id": member_id, "points": points, **details}
        tell(partner_id=partner.pk, event=event, event_id=f"{partner.code}-{seq}", data=data, at=at)


@cache
def _statement():
    rows = Rows(PartnerEntry, "seq")
    return ENTER.format(count=COUNT, entry=rows), rows


def tell(*, partner_id, event, event_id, data, at):
    """Let a partner hear of something, once this transaction is committed; ``event_id`` once only."""
    outbox.publish(
        TOPIC,
        key=f"{TOPIC}:{partner_id}:{event_id}",
        at=at,
        partner_id=partner_id,
        event=str(event),
        event_id=event_id,
        data=data,
        happened_at=at.isoformat(),
    )
