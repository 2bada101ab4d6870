"""What concerns many accounts at once; ``points.ledger`` says what all functions of the ledger share."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from core.call import call
from core.errors import InvalidInput
from points.ledger import checks
from points.ledger.earnings import Earning, terms
from points.ledger.errors import BY_SQLSTATE
from points.ledger.models import EARNED

MOST_ACCOUNTS = 10_000  # of one call, so that nobody waits long for its locks

LOCK = "SELECT ledger_lock(%s::bigint[])"
# Rows come as JSON: one value is much quicker to pass than eleven arrays.
EARN_MANY = """
SELECT ledger_earn_many(
    array_agg(account), array_agg(points), %s::text, array_agg(key), %s::text, array_agg(at), array_agg(source),
    array_agg(reason), array_agg(expires_at), array_agg(active_from), array_agg(rule_version),
    array_agg(breakdown::jsonb), array_agg(renew_until)
)
FROM (
    SELECT * FROM ROWS FROM (jsonb_to_recordset(%s) AS (
        account bigint, points integer, key text, at timestamptz, source text, reason text, expires_at timestamptz,
        active_from timestamptz, rule_version text, breakdown text, renew_until timestamptz
    )) WITH ORDINALITY ORDER BY ordinality
) earning
"""
EXPIRE = "SELECT * FROM ledger_expire(%s::bigint[], %s, %s::text, %s::timestamptz)"


class Expired(NamedTuple):
    """What was booked out, the accounts that somebody else held meanwhile, and, of a run through many, those that could
    not be booked out."""

    accounts: int
    lots: int
    points: int
    busy: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()


def lock(*, accounts: Collection[int]) -> None:
    """Lock those of ``accounts`` (ids) that are there, in order of id, until the transaction ends. Whoever works on
    several accounts in one transaction begins with it."""
    _check_accounts(accounts)
    call(LOCK, (list(accounts),))


def earn_many(*, earnings: Sequence[Earning], kind: str, by: str) -> list[bool]:
    """Credit each ``Earning`` as ``earn`` would, all of them or, where one is refused, none; those of one account in
    the order given. Returns for each whether it was there before."""
    if not 0 < len(earnings) <= MOST_ACCOUNTS:
        raise InvalidInput(field="earnings")
    checks.kind(kind, EARNED)
    rows = [_as_json(earning, *terms(earning, by=by)) for earning in earnings]
    ((repeated,),) = call(EARN_MANY, (str(kind), by, Jsonb(rows)), BY_SQLSTATE)
    return list(repeated)


def _as_json(
    earning: Earning,
    expires_at: datetime | None,
    active_from: datetime,
    rule_version: str,
    breakdown: str | None,
    renew_until: datetime | None,
) -> dict[str, Any]:
    return {
        "account": earning.account,
        "points": earning.points,
        "key": earning.key,
        "at": earning.at.isoformat(),
        "source": earning.source,
        "reason": earning.reason,
        "expires_at": expires_at and expires_at.isoformat(),
        "active_from": active_from.isoformat(),
        "rule_version": rule_version,
        "breakdown": breakdown,
        "renew_until": renew_until and renew_until.isoformat(),
    }


def expire(*, accounts: Collection[int], by: str, at: datetime, wait: bool = False) -> Expired:
    """Book out what ended by ``at`` on ``accounts`` (at most 10,000 ids), one entry a lot; returns ``Expired`` (B10).

    May run any number of times, at once, against anything: what is booked out is not open any more. Accounts that
    somebody holds are left out; with ``wait`` they are waited for, and ``Busy`` is raised when that takes too long.
    """
    _check_accounts(accounts)
    checks.text("by", by, 1, 64)
    checks.moment("at", at)
    ((booked, lots, points, busy),) = call(EXPIRE, (list(accounts), wait, by, at), BY_SQLSTATE)
    return Expired(booked, lots, int(points), tuple(sorted(busy)))


def _check_accounts(accounts: Collection[int]) -> None:
    if not 0 < len(accounts) <= MOST_ACCOUNTS:
        raise InvalidInput(field="accounts")
    for account in accounts:
        checks.whole_number("account", account, checks.MAX_ID)
