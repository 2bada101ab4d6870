"""The balance of a member at any moment in the past (B14)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True)
class PastBalance:
    """Points of a member at a moment: ``total`` the sum of all entries up to it, ``spendable`` what a spend could
    have taken then, ``held`` what open holds had set aside.

    ``spendable`` follows the lots with the ends that they have today: where a lot's life was prolonged since, its
    points count as spendable between the old end and the new one.
    """

    total: int = 0
    spendable: int = 0
    held: int = 0


# The total is today's, which the audit proves, less the entries since: the index by time reads only those. The
# lots are put back to where they were: less what was taken up to the moment, plus what was given back up to it.
# What was given back to a lot that had ended is a lot of its own (grace), or could not be spent.
# What a clawback did not find is allocated to it late, by the credits that pay the debt. Both go oldest first, so the
# debt paid up to the moment says how many of those allocations there were.
AT = """
WITH allocated AS (
    SELECT al.taker, al.position, al.lot, al.points, coalesce(e.at, h.at) AS at,
        e.reverses IS NOT NULL AND sum(al.points) OVER (PARTITION BY al.taker ORDER BY al.position)
            > -e.points - coalesce((e.breakdown ->> 'owed')::bigint, 0) AS pays_debt
    FROM points_allocation al
    LEFT JOIN points_entry e ON e.account_id = al.account_id AND e.seq = al.taker
    LEFT JOIN points_hold h ON h.account_id = al.account_id AND h.seq = al.taker
    WHERE al.account_id = %(account)s
), debt AS (
    SELECT lot, points, sum(points) OVER (ORDER BY taker, position) AS paid FROM allocated WHERE pays_debt
), paid AS (
    SELECT coalesce(sum((breakdown ->> 'debt')::bigint), 0) AS points
    FROM (
        SELECT breakdown FROM points_entry WHERE account_id = %(account)s AND at <= %(at)s AND points > 0
        UNION ALL
        SELECT outcome FROM points_hold WHERE account_id = %(account)s AND ended_at <= %(at)s
    ) credit (breakdown)
), taken AS (
    SELECT lot, points FROM allocated WHERE NOT pays_debt AND at <= %(at)s
    UNION ALL
    SELECT debt.lot, debt.points FROM debt, paid WHERE debt.paid <= paid.points
), back AS (
    SELECT (piece ->> 'lot')::integer AS lot, (piece ->> 'points')::bigint AS points
    FROM (
        SELECT breakdown -> 'pieces' AS pieces FROM points_entry
        WHERE account_id = %(account)s AND kind = 'refund' AND at <= %(at)s
        UNION ALL
        SELECT outcome -> 'pieces' FROM points_hold
        WHERE account_id = %(account)s AND state = 'released' AND ended_at <= %(at)s
    ) given, jsonb_array_elements(pieces) piece
    WHERE NOT (piece ->> 'grace')::boolean
), born AS (
    SELECT l.seq, l.points FROM points_lot l
    LEFT JOIN points_entry e ON e.account_id = l.account_id AND e.seq = l.seq
    WHERE l.account_id = %(account)s AND coalesce(e.at, l.active_from) <= %(at)s
        AND l.active_from <= %(at)s AND (l.expires_at IS NULL OR l.expires_at > %(at)s)
)
SELECT
    coalesce((SELECT unspent + held - debt FROM points_account WHERE account_id = %(account)s), 0)
        - coalesce((SELECT sum(points) FROM points_entry WHERE account_id = %(account)s AND at > %(at)s), 0),
    coalesce((SELECT sum(points) FROM born), 0)
        - coalesce((SELECT sum(t.points) FROM taken t JOIN born ON born.seq = t.lot), 0)
        + coalesce((SELECT sum(b.points) FROM back b JOIN born ON born.seq = b.lot), 0),
    coalesce((
        SELECT sum(points) FROM points_hold
        WHERE account_id = %(account)s AND at <= %(at)s AND (ended_at IS NULL OR ended_at > %(at)s)
    ), 0)
"""


def balance_at(member_id: int, at: datetime) -> PastBalance:
    """The ``PastBalance`` of a member (an id) at the moment ``at``; zeros before their points began."""
    with connection.cursor() as cursor:
        cursor.execute(AT, {"account": member_id, "at": at})
        return PastBalance(*(int(number) for number in cursor.fetchone()))
