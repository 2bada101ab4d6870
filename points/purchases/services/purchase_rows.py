"""The statements of ``services.purchases``: each writes or reads for many purchases at once, in one round trip."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from psycopg.types.json import Jsonb

from core.clock import shop_date
from core.errors import Busy
from points import ledger
from points.ledger.models import UNDATED, Kind
from points.tiers import rules as tiers
from points.tiers.models import LOWEST
from points.tiers.queries import NOT_EARNED

KNOWN = """
SELECT p.source, p.number, p.member_id, p.paid_at, p.points, coalesce(p.steps, e.breakdown -> 'steps', '[]'),
    (SELECT json_agg(json_build_array(l.category, l.amount_fen)) FROM points_purchaseline l WHERE l.purchase_id = p.id)
FROM unnest(%s::text[], %s::text[]) wanted (source, number)
JOIN points_purchase p USING (source, number)
LEFT JOIN points_entry e ON e.account_id = p.member_id AND e.key = 'purchase:' || p.source || ':' || p.number
"""

# One statement for purchases and their lines; a number that somebody else took meanwhile is left out, and seen.
INSERT = """
WITH purchase AS (
    INSERT INTO points_purchase (
        member_id, source, number, paid_at, amount_fen, points, tier, multiplier, rule_version, steps, active_from,
        refunded_fen, points_back, recorded_at, by
    )
    SELECT n.*, 0, 0, %s::timestamptz, %s::text FROM unnest(
        %s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::integer[], %s::text[],
        %s::numeric[], %s::text[], %s::jsonb[], %s::timestamptz[]
    ) n
    ON CONFLICT (source, number) DO NOTHING
    RETURNING id, source, number
), line AS (
    INSERT INTO points_purchaseline (purchase_id, category, amount_fen, points, refunded_fen, points_back)
    SELECT p.id, l.category, l.amount_fen, l.points, 0, 0
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::integer[])
        WITH ORDINALITY l (source, number, category, amount_fen, points, n)
    JOIN purchase p USING (source, number)
    ORDER BY l.n
)
SELECT source, number, id FROM purchase
"""

# Whose points reach the next tier, whose review is due, who is in a grace. For a time before the tier was reached the
# points are counted up to that, and from a little too early: ``tiers.consider`` counts again.
MAY_TURN = """
SELECT a.account_id
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::date[]) w (account, start, at, day)
JOIN points_account a ON a.account_id = w.account
LEFT JOIN points_member_tier t ON t.member_id = a.account_id
CROSS JOIN LATERAL (SELECT (%s::jsonb ->> coalesce(t.tier, %s))::bigint AS threshold) next
WHERE t.grace_until IS NOT NULL OR t.review_on <= w.day OR (a.lifetime_earned >= next.threshold AND next.threshold <= (
    SELECT sum(e.points) FROM points_entry e
    WHERE e.account_id = a.account_id AND e.at >= w.start AND e.at <= greatest(w.at, t.since) AND e.kind <> ALL (%s)
))
ORDER BY a.account_id
"""


class NumberTaken(Busy):
    """Somebody recorded another purchase with one of the numbers between our look and our writing."""


@dataclass(frozen=True, slots=True)
class Known:
    """A purchase that is there; ``lines`` are ``(category, fen)``."""

    member: int
    paid_at: datetime
    points: int
    steps: list
    lines: list[tuple[str, int]]


@dataclass(slots=True)
class Row:
    """A purchase as it is written: ``new`` is the ``NewPurchase``, the rest what was reckoned. ``pk`` comes with
    ``insert``."""

    new: object
    points: int
    line_points: list[int]
    tier: str
    multiplier: Decimal
    rule_version: str
    steps: list
    active_from: datetime
    pk: int = 0


def entry_source(source, number, pk):
    """What an entry of the ledger names as its source: the mall's order, or our own number of the purchase."""
    return f"order:{number}" if source == "mall" and len(number) <= 58 else f"purchase:{pk}"


def known_date(active_from):
    """As a purchase keeps it: None for ``UNDATED``."""
    return None if active_from == UNDATED else active_from


def known(names):
    """``{(source, number): Known}`` of those of ``names`` that are recorded."""
    sources, numbers = zip(*names, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(sources), list(numbers)])
        return {
            (source, number): Known(member, paid_at, points, _parsed(steps), [tuple(line) for line in _parsed(lines)])
            for source, number, member, paid_at, points, steps, lines in cursor
        }


def insert(rows, *, by, at):
    """Write purchases and lines; raises ``NumberTaken``."""
    lines = [
        (row.new.source, row.new.number, line.category, line.amount_fen, points)
        for row in rows
        for line, points in zip(row.new.lines, row.line_points, strict=True)
    ]
    purchases = [
        (
            row.new.member,
            row.new.source,
            row.new.number,
            row.new.paid_at,
            row.new.amount_fen,
            row.points,
            row.tier,
            row.multiplier,
            row.rule_version,
            None if row.points else Jsonb(row.steps),
            known_date(row.active_from),
        )
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [at, by, *_columns(purchases), *_columns(lines)])
        pks = {(source, number): pk for source, number, pk in cursor}
    if len(pks) != len(rows):
        raise NumberTaken
    for row in rows:
        row.pk = pks[row.new.source, row.new.number]


def earn(rows, *, by):
    """Credit each row's points, as of when it was paid."""
    earnings = [
        ledger.Earning(
            account=row.new.member,
            points=row.points,
            key=f"purchase:{row.new.source}:{row.new.number}",
            at=row.new.paid_at,
            source=entry_source(row.new.source, row.new.number, row.pk),
            active_from=row.active_from,
            rule_version=row.rule_version,
            breakdown={"steps": row.steps},
        )
        for row in rows
    ]
    ledger.earn_many(earnings=earnings, kind=Kind.PURCHASE, by=by)


def may_turn(paid_at):
    """Members, of ``{member: moment}``, whose tier may turn then, in order of id."""
    rows = [(member, tiers.window_start(at), at, shop_date(at)) for member, at in paid_at.items()]
    with connection.cursor() as cursor:
        cursor.execute(MAY_TURN, [*_columns(rows), tiers.next_thresholds(), LOWEST, NOT_EARNED])
        return [member for (member,) in cursor]


def _columns(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def _parsed(value):
    return json.loads(value) if isinstance(value, str) else value or []
