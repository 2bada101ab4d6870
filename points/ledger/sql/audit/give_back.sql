-- Refunds and releases wrote down what went where: it adds up, every grace lot is as one of them says, and a lot that took
-- points back ends when it was told, or when an earning says that kept the others alive (B9).
WITH give_back AS (
    SELECT account_id, 'entry ' || seq AS name, points, at,
        CASE WHEN points_breakdown_sound(breakdown) THEN breakdown -> 'pieces' END AS pieces -- if not: breakdown.sql
    FROM points_entry
    WHERE reverses IS NOT NULL AND points > 0
    UNION ALL
    SELECT account_id, 'hold ' || seq, points, ended_at,
        CASE WHEN points_breakdown_sound(outcome) THEN outcome -> 'pieces' END
    FROM points_hold WHERE state = 'released'
), piece AS (
    SELECT g.account_id, g.name, g.points AS whole, g.at, p.*
    FROM give_back g
    LEFT JOIN LATERAL jsonb_to_recordset(coalesce(g.pieces, '[]'))
        AS p (lot integer, points integer, expires_at timestamptz, grace boolean) ON true
)
SELECT account_id, 'give back', name || ' gave ' || max(whole) || ', its pieces say ' || coalesce(sum(points), 0)
FROM piece GROUP BY account_id, name HAVING coalesce(sum(points), 0) <> max(whole)
UNION ALL
SELECT l.account_id, 'grace lot', 'lot ' || l.seq || ' is not what a refund or release gave back'
FROM points_lot l
LEFT JOIN piece p ON p.account_id = l.account_id AND p.lot = l.seq AND p.grace
WHERE l.origin IS NOT NULL AND (l.points, l.active_from, l.expires_at) IS DISTINCT FROM (p.points, p.at, p.expires_at)
UNION ALL
SELECT p.account_id, 'give back', p.name || ' says another end of lot ' || p.lot
FROM piece p JOIN points_entry e ON e.account_id = p.account_id AND e.seq = p.lot
WHERE NOT p.grace AND p.expires_at IS DISTINCT FROM e.expires_at AND NOT EXISTS (
    SELECT FROM points_entry u WHERE u.account_id = p.account_id AND (
        CASE WHEN u.breakdown ? 'until' AND points_breakdown_sound(u.breakdown)
            THEN (u.breakdown ->> 'until')::timestamptz = p.expires_at END
        OR (u.kind = 'begin' AND u.reverses = p.lot AND u.expires_at = p.expires_at)
    )
)
