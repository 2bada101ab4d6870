"""The statements of ``services.purchases``: each writes or reads for many purchases at once, in one round trip."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg.types.json import Jsonb

from core.call import call
from core.errors import Busy
from points import ledger
from points.ledger.models import UNDATED, Kind

KNOWN = """
SELECT p.source, p.number, p.member_id, p.paid_at, p.points, coalesce(p.steps, e.breakdown -> 'steps', '[]'),
    (SELECT json_agg(json_build_array(l.category, l.amount_fen)) FROM points_purchaseline l WHERE l.purchase_id = p.id)
FROM ({wanted}) wanted (source, number)
JOIN points_purchase p USING (source, number)
LEFT JOIN points_entry e ON e.account_id = p.member_id AND e.key = 'purchase:' || p.source || ':' || p.number
"""
# Most purchases come alone: without arrays PostgreSQL keeps the plan, which costs more than the answer.
KNOWN_ONE = KNOWN.format(wanted="SELECT %s::text, %s::text")
KNOWN_MANY = KNOWN.format(wanted="SELECT * FROM unnest(%s::text[], %s::text[])")

# One statement for purchases and their lines; a number that somebody else took meanwhile is left out, and seen. Rows
# come as JSON: one value is quicker to pass than twelve arrays, and PostgreSQL keeps the plan.
INSERT = """
WITH new AS (
    SELECT * FROM jsonb_to_recordset(%s) n (
        member_id bigint, source text, number text, paid_at timestamptz, amount_fen bigint, points integer, tier text,
        multiplier numeric, rule_version text, steps jsonb, active_from timestamptz, lines jsonb
    )
), purchase AS (
    INSERT INTO points_purchase (
        member_id, source, number, paid_at, amount_fen, points, tier, multiplier, rule_version, steps, active_from,
        refunded_fen, points_back, recorded_at, by
    )
    SELECT
        member_id, source, number, paid_at, amount_fen, points, tier, multiplier, rule_version, steps, active_from,
        0, 0, %s::timestamptz, %s::text
    FROM new
    ON CONFLICT (source, number) DO NOTHING
    RETURNING id, source, number
), line AS (
    INSERT INTO points_purchaseline (purchase_id, category, amount_fen, points, refunded_fen, points_back)
    SELECT p.id, line ->> 0, (line ->> 1)::bigint, (line ->> 2)::integer, 0, 0
    FROM new JOIN purchase p USING (source, number), jsonb_array_elements(new.lines) WITH ORDINALITY l (line, nth)
    ORDER BY p.id, nth
)
SELECT source, number, id FROM purchase
"""

GIVEN_BACK = """
UPDATE points_purchaseline l SET refunded_fen = w.refunded_fen, points_back = w.points_back
FROM unnest(%s::bigint[], %s::bigint[], %s::integer[]) w (id, refunded_fen, points_back) WHERE l.id = w.id
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
    names = list(names)
    found = call(KNOWN_ONE, names[0]) if len(names) == 1 else call(KNOWN_MANY, _columns(names))
    return {
        (source, number): Known(member, paid_at, points, _parsed(steps), [tuple(line) for line in _parsed(lines)])
        for source, number, member, paid_at, points, steps, lines in found
    }


def insert(rows, *, by, at):
    """Write purchases and lines; raises ``NumberTaken``."""
    found = call(INSERT, (Jsonb([_as_json(row) for row in rows]), at, by))
    pks = {(source, number): pk for source, number, pk in found}
    if len(pks) != len(rows):
        raise NumberTaken
    for row in rows:
        row.pk = pks[row.new.source, row.new.number]


def _as_json(row):
    new, active_from = row.new, known_date(row.active_from)
    return {
        "member_id": new.member,
        "source": new.source,
        "number": new.number,
        "paid_at": new.paid_at.isoformat(),
        "amount_fen": new.amount_fen,
        "points": row.points,
        "tier": row.tier,
        "multiplier": str(row.multiplier),
        "rule_version": row.rule_version,
        "steps": None if row.points else row.steps,
        "active_from": active_from and active_from.isoformat(),
        "lines": [
            (line.category, line.amount_fen, points) for line, points in zip(new.lines, row.line_points, strict=True)
        ],
    }


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
    if len(earnings) == 1:
        ledger.earn(kind=Kind.PURCHASE, by=by, **earnings[0]._asdict())
    else:
        ledger.earn_many(earnings=earnings, kind=Kind.PURCHASE, by=by)


def save_given_back(lines):
    """Write down how much of each ``PurchaseLine`` was given back."""
    call(GIVEN_BACK, _columns([(line.pk, line.refunded_fen, line.points_back) for line in lines]))


def _columns(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def _parsed(value):
    return json.loads(value) if isinstance(value, str) else value or []
