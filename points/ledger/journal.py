"""The ledger as a double-entry journal in beancount's syntax (B13).

What members hold is owed to them: ``Liabilities:Members:M12``. Points given are an expense by kind, points that come
back to the mall an income by kind. Every member's account ends with a balance assertion, so that whoever loads the
journal proves it once more. One account after the other, read through a server-side cursor: memory does not grow.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Min
from django.utils import timezone

from points.ledger.models import Kind, PointsEntry

COMMODITY = "POINT"
OPENING = "Equity:Opening-Balances"
GIVEN = {
    Kind.SIGN_UP: "Expenses:Points:SignUp",
    Kind.SIGN_IN: "Expenses:Points:SignIn",
    Kind.PURCHASE: "Expenses:Points:Purchase",
    Kind.CAMPAIGN: "Expenses:Points:Campaign",
    Kind.ADJUST: "Expenses:Points:Adjusted",
    Kind.REFUND: "Expenses:Points:Returned",
}
TAKEN = {
    Kind.REDEEM: "Income:Points:Redeemed",
    Kind.ADJUST: "Income:Points:Adjusted",
    Kind.EXPIRE: "Income:Points:Expired",
    Kind.CLAWBACK: "Income:Points:ClawedBack",
}
FETCH = 2000
BEFORE_ALL = date(2000, 1, 1)  # accounts of a ledger without entries open then

ROWS = """
SELECT a.account_id, coalesce(o.points, 0), e.seq, e.at, e.kind, e.points, e.source, e.key
FROM points_account a
LEFT JOIN LATERAL (
    SELECT sum(points) AS points FROM points_entry WHERE account_id = a.account_id AND at < %(begin)s
) o ON %(begin)s::timestamptz IS NOT NULL
LEFT JOIN points_entry e ON e.account_id = a.account_id AND e.points <> 0
    AND (%(begin)s::timestamptz IS NULL OR e.at >= %(begin)s) AND (%(end)s::timestamptz IS NULL OR e.at < %(end)s)
ORDER BY a.account_id, e.seq
"""


def lines(
    *, begin: datetime | None = None, end: datetime | None = None, progress: Callable[[int], object] | None = None
) -> Iterator[str]:
    """The journal's lines, of the entries from ``begin`` up to before ``end`` (aware moments or None). Balances
    before ``begin`` are brought forward. ``progress`` is called with the number of entries written."""
    yield 'option "title" "Points ledger"'
    yield f'option "operating_currency" "{COMMODITY}"'
    first = _first_day(begin)
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        yield f"{first} commodity {COMMODITY}"
        for account in [OPENING, *GIVEN.values(), *TAKEN.values()]:
            yield f"{first} open {account} {COMMODITY}"
        cursor.execute(ROWS, {"begin": begin, "end": end})
        yield from _accounts(cursor, first, progress)


def _accounts(cursor: CursorWrapper, first: date, progress: Callable[[int], object] | None) -> Iterator[str]:
    current, balance, last_day, count = None, 0, first, 0
    for account_id, opening, seq, at, kind, points, source, key in _fetched(cursor):
        if account_id != current:
            if current is not None:
                yield from _closing(current, balance, last_day)
            current, balance, last_day = account_id, int(opening), first
            yield ""
            yield f"{first} open {_member(account_id)} {COMMODITY}"
            if balance:
                yield from _transaction(first, "Brought forward", "", OPENING, account_id, balance, {})
        if seq is None:
            continue
        day = timezone.localdate(at)
        last_day = max(last_day, day)
        balance += points
        other = GIVEN[kind] if points > 0 else TAKEN[kind]
        payee = kind.replace("_", " ").capitalize()
        marks = {"entry": f"{account_id}/{seq}", "key": key}
        yield from _transaction(day, payee, source, other, account_id, points, marks)
        count += 1
        if progress:
            progress(count)
    if current is not None:
        yield from _closing(current, balance, last_day)


def _fetched(cursor: CursorWrapper) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(FETCH):
        yield from rows


def _transaction(
    day: date, payee: str, source: str, other: str, account_id: int, points: int, marks: dict[str, str]
) -> Iterator[str]:
    yield f'{day} * "{payee}" "{_quoted(source)}"'
    for name, text in marks.items():
        yield f'  {name}: "{_quoted(text)}"'
    yield f"  {other}  {points} {COMMODITY}"
    yield f"  {_member(account_id)}  {-points} {COMMODITY}"


def _closing(account_id: int, balance: int, last_day: date) -> Iterator[str]:
    """A balance holds at the beginning of its day: the day after the last entry."""
    yield f"{last_day + timedelta(days=1)} balance {_member(account_id)}  {-balance} {COMMODITY}"


def _first_day(begin: datetime | None) -> date:
    """The day on which accounts open: no entry of the journal lies before it."""
    at = begin or PointsEntry.objects.aggregate(at=Min("at"))["at"]
    return timezone.localdate(at) if at else BEFORE_ALL


def _member(account_id: int) -> str:
    return f"Liabilities:Members:M{account_id}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
