-- A lot is what remains of it, what entries and holds took and did not return, and what was given back to grace lots after
-- it ended. A lot that is no grace lot is as its entry says, or the last entry that set its begin (B5), but for its end,
-- which later earnings may have moved, at once or when its points came back (B9).
WITH begun AS (
    SELECT DISTINCT ON (account_id, reverses) account_id, reverses AS seq, x.seq AS last, active_from, expires_at
    FROM points_entry x WHERE kind = 'begin' ORDER BY account_id, reverses, x.seq DESC
), written AS MATERIALIZED ( -- what cannot be read: breakdown.sql
    SELECT account_id, seq, breakdown FROM points_entry
    WHERE breakdown ?| '{renewed,pieces}' AND points_breakdown_sound(breakdown)
    UNION ALL
    SELECT account_id, seq, outcome FROM points_hold WHERE outcome ? 'pieces' AND points_breakdown_sound(outcome)
)
SELECT account_id, v.kind, 'lot ' || l.seq || v.detail
FROM points_lot l
LEFT JOIN (
    SELECT account_id, lot AS seq, sum(points - returned) AS taken FROM points_allocation GROUP BY account_id, lot
) al USING (account_id, seq)
LEFT JOIN (
    SELECT account_id, origin AS seq, sum(points) AS moved FROM points_lot WHERE origin IS NOT NULL
    GROUP BY account_id, origin
) g USING (account_id, seq)
LEFT JOIN points_entry e USING (account_id, seq)
LEFT JOIN begun b USING (account_id, seq)
LEFT JOIN (
    SELECT account_id, seq, max(until) AS until FROM (
        SELECT x.account_id, lot::integer AS seq, (x.breakdown ->> 'until')::timestamptz AS until
        FROM written x CROSS JOIN LATERAL jsonb_array_elements_text(x.breakdown -> 'renewed') lot
        LEFT JOIN begun ON begun.account_id = x.account_id AND begun.seq = lot::integer
        WHERE x.breakdown ? 'renewed' AND (begun.last > x.seq) IS NOT TRUE
        UNION ALL
        SELECT account_id, p.lot, p.expires_at
        FROM written x CROSS JOIN LATERAL jsonb_to_recordset(x.breakdown -> 'pieces')
            p (lot integer, expires_at timestamptz, grace boolean)
        WHERE NOT p.grace
    ) moved GROUP BY account_id, seq
) r USING (account_id, seq)
CROSS JOIN LATERAL (SELECT CASE WHEN b.last IS NULL THEN e.expires_at ELSE b.expires_at END AS expires_at) told
CROSS JOIN LATERAL (VALUES
    ('lot', l.points <> l.remaining + coalesce(al.taken, 0) + coalesce(g.moved, 0),
        ': ' || l.points || ' points, ' || l.remaining || ' remain, ' || coalesce(al.taken, 0) || ' taken, '
        || coalesce(g.moved, 0) || ' moved'),
    ('lot of entry', l.origin IS NULL
        AND (l.points, l.active_from) IS DISTINCT FROM (e.points, coalesce(b.active_from, e.active_from)),
        ' is not what entry ' || l.seq || ' earned'),
    ('lot of entry', l.origin IS NULL AND l.expires_at IS DISTINCT FROM
        CASE WHEN told.expires_at IS NOT NULL THEN greatest(told.expires_at, r.until) END,
        ' does not end when its entry, or the earning that renewed it, says'),
    ('begin', b.last IS NOT NULL AND e.active_from IS DISTINCT FROM points_undated(),
        ' has a begin of its own, and entry ' || b.last || ' set another')
) v (kind, broken, detail)
WHERE v.broken
UNION ALL
SELECT account_id, 'lot of entry', 'entry ' || seq || ' earned, and has no lot'
FROM points_entry e
WHERE points > 0 AND reverses IS NULL
    AND NOT EXISTS (SELECT FROM points_lot l WHERE l.account_id = e.account_id AND l.seq = e.seq)
UNION ALL
SELECT account_id, 'grace lot', 'lot ' || seq || ' comes from lot ' || origin || ', which is not there'
FROM points_lot g
WHERE origin IS NOT NULL
    AND NOT EXISTS (SELECT FROM points_lot l WHERE l.account_id = g.account_id AND l.seq = g.origin)
