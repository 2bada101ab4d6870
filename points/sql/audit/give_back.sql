-- Refunds and releases wrote down what went where: it adds up, and every grace lot is as one of them says.
WITH give_back AS (
    SELECT account_id, 'entry ' || seq AS name, points, at, breakdown -> 'pieces' AS pieces FROM points_entry
    WHERE reverses IS NOT NULL
    UNION ALL
    SELECT account_id, 'hold ' || seq, points, ended_at, outcome -> 'pieces' FROM points_hold WHERE state = 'released'
), piece AS (
    SELECT g.account_id, g.name, g.points AS whole, g.at, p.*
    FROM give_back g
    CROSS JOIN LATERAL jsonb_to_recordset(g.pieces) AS p (lot integer, points integer, expires_at timestamptz, grace boolean)
)
SELECT account_id, 'give back', name || ' gave ' || max(whole) || ', its pieces say ' || sum(points)
FROM piece GROUP BY account_id, name HAVING sum(points) <> max(whole)
UNION ALL
SELECT account_id, 'give back', name || ' does not say what went where'
FROM give_back WHERE coalesce(jsonb_typeof(pieces), '') <> 'array'
UNION ALL
SELECT l.account_id, 'grace lot', 'lot ' || l.seq || ' is not what a refund or release gave back'
FROM points_lot l
LEFT JOIN piece p ON p.account_id = l.account_id AND p.lot = l.seq AND p.grace
WHERE l.origin IS NOT NULL AND (l.points, l.active_from, l.expires_at) IS DISTINCT FROM (p.points, p.at, p.expires_at)
