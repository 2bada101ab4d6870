-- A lot is what remains of it, what entries and holds took and did not return, and what was given back to grace lots after
-- it ended. A lot that is no grace lot is as its entry says, but for its end, which later earnings may have moved (B9).
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
LEFT JOIN (
    SELECT account_id, lot::integer AS seq, max((breakdown ->> 'until')::timestamptz) AS until
    FROM points_entry CROSS JOIN LATERAL jsonb_array_elements_text(breakdown -> 'renewed') lot
    WHERE breakdown ? 'renewed' GROUP BY account_id, lot
) r USING (account_id, seq)
CROSS JOIN LATERAL (VALUES
    ('lot', l.points <> l.remaining + coalesce(al.taken, 0) + coalesce(g.moved, 0),
        ': ' || l.points || ' points, ' || l.remaining || ' remain, ' || coalesce(al.taken, 0) || ' taken, '
        || coalesce(g.moved, 0) || ' moved'),
    ('lot of entry', l.origin IS NULL AND (l.points, l.active_from) IS DISTINCT FROM (e.points, e.active_from),
        ' is not what entry ' || l.seq || ' earned'),
    ('lot of entry', l.origin IS NULL AND l.expires_at IS DISTINCT FROM coalesce(r.until, e.expires_at),
        ' does not end when its entry, or the earning that renewed it, says')
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
