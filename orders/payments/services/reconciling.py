"""The daily comparison of providers' statements with our books (F14).

The statement is fetched without a lock and written with what it showed in one transaction. Doing it again replaces
the lines, keeps what staff have resolved, closes differences that are gone, and opens none twice.
"""

from dataclasses import dataclass

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import DomainError, InvalidInput
from orders import payments
from orders.models import (
    DifferenceKind,
    DifferenceState,
    PaymentRefund,
    RefundState,
    Statement,
    StatementDifference,
    StatementLine,
)
from orders.payments import rules as reconciliation
from orders.payments.base import PAYMENT, Bill, NoStatement
from orders.payments.queries import books
from orders.payments.services import paying

log = structlog.get_logger(__name__)

LONGEST_NOTE = 200
CHUNK = 2000
MOST_UNREAD = 100  # rows of a statement that are kept though nobody could read them
LONGEST_UNREAD = 600


class NotOpen(DomainError):
    code = "difference_not_open"
    message = _("This difference is not open any more. Nothing was changed.")


@dataclass(frozen=True)
class Report:
    """One provider's day. ``differences`` are those that the comparison found, ``opened`` were not known before;
    ``unread`` are rows of the statement that were set aside."""

    provider: str
    day: object
    paid_count: int
    paid_fen: int
    refund_count: int
    refund_fen: int
    differences: tuple
    opened: int
    closed: int
    unread: tuple = ()

    def as_dict(self):
        return {
            "provider": self.provider,
            "day": self.day.isoformat(),
            "payments": self.paid_count,
            "paid_fen": self.paid_fen,
            "refunds": self.refund_count,
            "refund_fen": self.refund_fen,
            "differences": [vars(difference) for difference in self.differences],
            "opened": self.opened,
            "closed": self.closed,
            "unread": list(self.unread),
        }


def reconcile(*, provider, day, by, at, dry_run=False):
    """Fetch the statement of ``day`` (a date of the provider's clock), compare, write down; returns a ``Report``.

    Rows of the statement that nobody can read are set aside and named; the rest of the day is compared all the same.
    A day without a statement is one without lines, unless our books have money of that day: then ``NoStatement`` is
    raised, for it may not be made yet. Raises ``UnknownProvider`` or ``ProviderUnavailable`` too.
    """
    service = payments.get(provider)
    try:
        bill = service.statement(day=day)
    except NoStatement:
        if books.booked(service, day, []):
            raise
        bill = Bill()
    lines, unread = bill.lines, [_named(row) for row in bill.unread[:MOST_UNREAD]]
    ours = books.booked(service, day, lines)
    found = _compared(service, day, ours, lines, unread)
    opened = closed = 0
    if not dry_run:
        with transaction.atomic():
            statement = _written(service, day, lines, unread, by=by, at=at)
            opened, closed = _keep(statement, found, ours, at=at)
            closed += _look_again(service, statement, at=at)
            audit.record(
                "payments.reconciled", by=by, subject=f"statement:{service.code}:{day}", at=at,
                lines=len(lines), differences=len(found), opened=opened, closed=closed, unread=len(unread),
            )  # fmt: skip
        _ask_soon(found, ours, at=at)
        if unread:
            log.error("statement_rows_unread", provider=service.code, day=str(day), rows=len(bill.unread))
        if opened:
            log.error("payments_differ", provider=service.code, day=str(day), opened=opened)
    return Report(service.code, day, *_sums(lines), tuple(found), opened, closed, tuple(unread))


def resolve(*, difference, by, at, note):
    """Finance have dealt with a difference; ``note`` says how. Raises ``NotOpen`` or ``InvalidInput``."""
    note = note.strip()[:LONGEST_NOTE]
    if not note:
        raise InvalidInput(field=_("Note"))
    with transaction.atomic():
        open_one = StatementDifference.objects.filter(pk=difference.pk, state=DifferenceState.OPEN)
        if not open_one.update(state=DifferenceState.RESOLVED, closed_at=at, by=by, note=note):
            raise NotOpen
        audit.record(
            "payments.difference_resolved", by=by, subject=f"payment:{difference.reference}"[:64], at=at,
            kind=difference.kind, ours_fen=difference.ours_fen, theirs_fen=difference.theirs_fen, note=note,
        )  # fmt: skip


def _named(row):
    """A row that was set aside, as ``Statement.unread`` keeps it."""
    return {"row": row.number, "text": row.text.replace("\x00", "\ufffd")[:LONGEST_UNREAD]}


def _compared(service, day, ours, lines, unread):
    """The differences. What stands in a row that was set aside is not missing there."""
    stated = books.stated(lines)
    names = {(line.of, line.reference) for line in stated}
    absent = [name for name, (booked, _row) in ours.items() if booked.is_due and name not in names]
    elsewhere = books.stated_elsewhere(service, day, absent)
    elsewhere |= {name for name in absent if any(name[1] in row["text"] for row in unread)}
    return reconciliation.compare([booked for booked, _row in ours.values()], stated, elsewhere)


def _sums(lines):
    paid = [line.amount_fen for line in lines if line.kind == PAYMENT]
    back = [line.amount_fen for line in lines if line.kind != PAYMENT]
    return len(paid), sum(paid), len(back), sum(back)


def _written(service, day, lines, unread, *, by, at):
    """The statement's row with ``lines`` in place of what was there; its row is locked until the transaction ends."""
    Statement.objects.bulk_create(
        [Statement(provider=service.code, day=day, fetched_at=at, by=by)], ignore_conflicts=True
    )
    statement = Statement.objects.select_for_update().get(provider=service.code, day=day)
    statement.paid_count, statement.paid_fen, statement.refund_count, statement.refund_fen = _sums(lines)
    statement.fetched_at, statement.by, statement.unread = at, by, unread
    statement.save()
    statement.lines.all().delete()
    StatementLine.objects.bulk_create(
        [
            StatementLine(
                statement=statement,
                kind=line.kind,
                reference=line.reference[:64],
                refund_reference=line.refund_reference[:64],
                amount_fen=line.amount_fen,
                provider_id=line.provider_id[:64],
                at=line.at,
            )
            for line in lines
        ],
        batch_size=CHUNK,
    )
    return statement


def _keep(statement, found, ours, *, at):
    """Open what is new and close what is gone; returns how many of each."""
    known = {(row.kind, row.of, row.reference): row for row in statement.differences.all()}
    new, seen = [], set()
    for difference in found:
        name = (difference.kind, difference.of, difference.reference[:64])
        seen.add(name)
        if name in known:
            _reopen(known[name], difference, at=at)
            continue
        _booked, row = ours.get((difference.of, difference.reference), (None, None))
        new.append(
            StatementDifference(
                statement=statement,
                kind=difference.kind,
                of=difference.of,
                reference=difference.reference[:64],
                provider_id=difference.provider_id[:64],
                ours_fen=difference.ours_fen,
                theirs_fen=difference.theirs_fen,
                payment=row.payment if isinstance(row, PaymentRefund) else row,
                refund=row if isinstance(row, PaymentRefund) else None,
                found_at=at,
            )
        )
    StatementDifference.objects.bulk_create(new, batch_size=CHUNK)
    gone = [row.pk for name, row in known.items() if name not in seen]
    return len(new), _gone(StatementDifference.objects.filter(pk__in=gone), at=at)


def _ask_soon(found, ours, *, at):
    """Ask at once about payments that are further at the provider than here: this finds money without a callback."""
    for each in found:
        if each.kind == DifferenceKind.STATE:
            row = ours[each.of, each.reference][1]
            asked = [RefundState.UNDERWAY] if isinstance(row, PaymentRefund) else paying.STILL_ASKED
            type(row).objects.filter(pk=row.pk, state__in=asked).update(next_ask_at=at)


def _reopen(row, difference, *, at):
    """A difference that was thought gone and is there again is open again; what staff resolved stays resolved."""
    row.ours_fen, row.theirs_fen = difference.ours_fen, difference.theirs_fen
    if row.state == DifferenceState.GONE:
        row.state, row.closed_at, row.found_at = DifferenceState.OPEN, None, at
    row.save(update_fields=["ours_fen", "theirs_fen", "state", "closed_at", "found_at"])


def _look_again(service, statement, *, at):
    """Open differences of other days, seen once more: this statement or our books may have caught up with them."""
    closed = 0
    others = Statement.objects.filter(provider=service.code, differences__state=DifferenceState.OPEN)
    for other in others.exclude(pk=statement.pk).distinct():
        lines = list(other.lines.all())
        found = _compared(service, other.day, books.booked(service, other.day, lines), lines, other.unread)
        still = {(each.kind, each.of, each.reference[:64]) for each in found}
        rows = other.differences.filter(state=DifferenceState.OPEN)
        gone = [row.pk for row in rows if (row.kind, row.of, row.reference) not in still]
        closed += _gone(StatementDifference.objects.filter(pk__in=gone), at=at)
    return closed


def _gone(rows, *, at):
    return rows.filter(state=DifferenceState.OPEN).update(state=DifferenceState.GONE, closed_at=at)
