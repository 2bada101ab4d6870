"""A partner's log and budget: the last statement of each of its bookings (H3)."""

from contextlib import contextmanager

from django.db import IntegrityError, connection
from django.utils.translation import gettext_lazy as _

from core import clock, outbox
from core.errors import DomainError
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
UPDATE points_partnerbook SET
    last_seq = last_seq + %(entries)s,
    given_points = CASE WHEN day >= %(day)s THEN given_points ELSE 0 END + %(given)s,
    deducted_points = CASE WHEN day >= %(day)s THEN deducted_points ELSE 0 END + %(deducted)s,
    day = GREATEST(day, %(day)s)
WHERE partner_id = %(partner)s
    AND (%(given)s = 0 OR CASE WHEN day >= %(day)s THEN given_points ELSE 0 END + %(given)s <= %(most_given)s)
    AND (%(deducted)s = 0
        OR CASE WHEN day >= %(day)s THEN deducted_points ELSE 0 END + %(deducted)s <= %(most_deducted)s)
RETURNING last_seq
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


def count(*, partner, at, given=0, deducted=0, entries=0):
    """Count points against the partner's day, and take ``entries`` numbers of its log; returns the last of them.

    Raises ``BudgetUsed``. Call it last: other bookings of the partner wait for the commit.
    """
    row = {
        "partner": partner.pk,
        "day": clock.shop_date(at),
        "entries": entries,
        "given": given,
        "deducted": deducted,
        "most_given": partner.daily_grant_points,
        "most_deducted": partner.daily_deduct_points,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, row)
        found = cursor.fetchone()
    if found is None:
        raise BudgetUsed(limit=partner.daily_grant_points if given else partner.daily_deduct_points)
    return found[0]


def enter(*, partner, kind, reference, member_id, points, at, given=0, **details):
    """Write what the partner caused, and let it be told. Details: JSON without personal data. Raises ``BudgetUsed``,
    and ``ReferenceUsed`` where another booking took the reference this moment."""
    seq = count(partner=partner, at=at, given=given, entries=1)
    entry = PartnerEntry(
        partner=partner,
        seq=seq,
        kind=kind,
        reference=reference,
        member_id=member_id,
        points=points,
        details=details,
        at=at,
    )
    try:
        entry.save(force_insert=True)
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name == ONCE:
            raise ReferenceUsed(reference=reference) from error
        raise
    event = EVENTS[kind]
    if partner.webhook_url and event in partner.webhook_events:
        data = {"entry": seq, "reference": reference, "member_id": member_id, "points": points, **details}
        tell(partner_id=partner.pk, event=event, event_id=f"{partner.code}-{seq}", data=data, at=at)
    return entry


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
