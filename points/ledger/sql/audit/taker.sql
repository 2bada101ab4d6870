-- What an entry or a hold took is covered by its allocations, and what they got back is what releases and refunds gave.
-- (What a clawback lacks is the account's debt: debt.sql.)
WITH taker AS (
    SELECT account_id, taker AS seq, sum(points) AS points, sum(returned) AS returned,
        count(*) AS n, min(position) AS first, max(position) AS last
    FROM points_allocation GROUP BY account_id, taker
)
SELECT e.account_id, v.kind, 'entry ' || e.seq || v.detail
FROM points_entry e
LEFT JOIN taker t ON t.account_id = e.account_id AND t.seq = coalesce(e.hold_seq, e.seq)
LEFT JOIN (
    SELECT account_id, reverses AS seq, sum(points) AS points FROM points_entry WHERE reverses IS NOT NULL
    GROUP BY account_id, reverses
) r ON r.account_id = e.account_id AND r.seq = e.seq
LEFT JOIN points_hold h ON h.account_id = e.account_id AND h.seq = e.hold_seq
CROSS JOIN LATERAL (VALUES
    ('allocation', CASE WHEN e.reverses IS NULL THEN -e.points <> coalesce(t.points, 0)
        ELSE -e.points < coalesce(t.points, 0) END,
        ' took ' || -e.points || ', lots paid ' || coalesce(t.points, 0)),
    ('refund', coalesce(t.returned, 0) <> coalesce(r.points, 0),
        ': ' || coalesce(r.points, 0) || ' refunded, ' || coalesce(t.returned, 0) || ' returned'),
    ('hold', e.hold_seq IS NOT NULL AND (h.entry_seq, h.points) IS DISTINCT FROM (e.seq, -e.points),
        ' does not fit hold ' || e.hold_seq)
) v (kind, broken, detail)
WHERE e.points < 0 AND v.broken
UNION ALL
SELECT h.account_id, v.kind, 'hold ' || h.seq || v.detail
FROM points_hold h
LEFT JOIN taker t USING (account_id, seq)
LEFT JOIN points_entry e ON e.account_id = h.account_id AND e.seq = h.entry_seq
CROSS JOIN LATERAL (VALUES
    ('allocation', h.points <> coalesce(t.points, 0),
        ' took ' || h.points || ', lots paid ' || coalesce(t.points, 0)),
    ('hold', CASE h.state WHEN 'open' THEN t.returned <> 0 WHEN 'released' THEN t.returned <> h.points
        ELSE e.hold_seq IS DISTINCT FROM h.seq END,
        ' is ' || h.state || ', and its allocations or entry say otherwise')
) v (kind, broken, detail)
WHERE v.broken
UNION ALL
SELECT account_id, 'allocation', 'positions of taker ' || seq || ' are not 1 to ' || n
FROM taker WHERE first <> 1 OR last <> n
UNION ALL
SELECT account_id, 'allocation', 'taker ' || seq || ' is neither a debit nor a hold'
FROM taker t
WHERE NOT EXISTS (SELECT FROM points_hold h WHERE h.account_id = t.account_id AND h.seq = t.seq)
    AND NOT EXISTS (SELECT FROM points_entry e WHERE e.account_id = t.account_id AND e.seq = t.seq AND e.points < 0)
UNION ALL
SELECT account_id, 'allocation', 'taker ' || taker || ' took from lot ' || lot || ', which is not there'
FROM points_allocation al
WHERE NOT EXISTS (SELECT FROM points_lot l WHERE l.account_id = al.account_id AND l.seq = al.lot)
