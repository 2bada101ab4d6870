"""The proof of the ledger (B12): entries = lots = allocations = cached balances, and every entry as it was written.

First, whether functions, constraints, triggers and rights are those that the migrations made: without them, rows that
add up tonight say little about tomorrow. Then the rows, by set-based SQL in ``points/ledger/sql/audit/``; only breaks
leave the database, so memory does not grow with the ledger. Every statement returns ``(account or NULL, kind of break,
detail)``.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction

from points.ledger import sql

MOST_BREAKS = 1000  # of each statement: enough to see what is wrong


@dataclass(frozen=True, slots=True)
class Break:
    """Something that does not add up; ``account`` is None when it is not about one."""

    account: int | None
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    accounts: int
    entries: int
    breaks: list[Break]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run() -> Report:
    """Audit every account, as of one moment, without stopping anybody."""
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if alone:  # inside somebody's transaction there is one snapshot a statement
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The statistics may be older than the last big run; a loop planned for few rows would not end on many.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SELECT (SELECT count(*) FROM points_account), (SELECT count(*) FROM points_entry)")
        accounts, entries = cursor.fetchone()
        breaks = [Break(None, "function", f"{name} is not as installed") for name in sql.differences(cursor)]
        breaks += [Break(None, "catalogue", difference) for difference in _differences(sql.catalogue(cursor))]
        for statement in sql.audits():
            cursor.execute(f"SELECT * FROM ({statement}) breaks LIMIT {MOST_BREAKS}")  # noqa: S608 - our own files
            breaks += [Break(*row) for row in cursor.fetchall()]
    return Report(accounts=accounts, entries=entries, breaks=breaks)


def _differences(found: list[str]) -> list[str]:
    wanted = sql.wanted_catalogue()
    return [f"missing: {line}" for line in wanted if line not in found] + [
        f"not of the ledger: {line}" for line in found if line not in wanted
    ]
