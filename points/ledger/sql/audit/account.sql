-- The account row caches what its entries, lots and holds say; and each number 1 .. last_seq was used exactly once, so none
-- of them was taken away at the end. It was opened by its first entry, and no lot activates later than the moment that it
-- keeps, which is one of its own.
SELECT account_id, v.kind, v.detail
FROM points_account a
FULL JOIN (
    SELECT account_id, count(*) AS n, max(seq) AS last, sum(points) AS points,
        sum(points) FILTER (WHERE points > 0 AND reverses IS NULL) AS earned, min(at) FILTER (WHERE seq = 1) AS opened_at
    FROM points_entry GROUP BY account_id
) e USING (account_id)
FULL JOIN (
    SELECT account_id, count(*) FILTER (WHERE origin IS NOT NULL) AS n, max(seq) AS last, sum(remaining) AS remaining,
        max(active_from) AS active_from, max(active_from) FILTER (WHERE remaining > 0) AS pending_from
    FROM points_lot GROUP BY account_id
) l USING (account_id)
FULL JOIN (
    SELECT account_id, count(*) AS n, max(seq) AS last, sum(points) FILTER (WHERE state = 'open') AS points
    FROM points_hold GROUP BY account_id
) h USING (account_id)
CROSS JOIN LATERAL (VALUES
    ('account', a.last_seq IS NULL, 'rows of an account that is not there'),
    ('balance', a.unspent <> coalesce(l.remaining, 0), a.unspent || ' cached, lots hold ' || coalesce(l.remaining, 0)),
    ('held', a.held <> coalesce(h.points, 0), a.held || ' cached, open holds hold ' || coalesce(h.points, 0)),
    ('entries', a.unspent + a.held - a.debt <> coalesce(e.points, 0),
        a.unspent + a.held - a.debt || ' cached, entries sum to ' || coalesce(e.points, 0)),
    ('earned', a.lifetime_earned <> coalesce(e.earned, 0),
        a.lifetime_earned || ' cached, entries earned ' || coalesce(e.earned, 0)),
    ('opened', a.opened_at IS DISTINCT FROM e.opened_at,
        'opened ' || a.opened_at || ', first entry ' || coalesce(e.opened_at::text, 'missing')),
    ('pending', a.pending_until < l.pending_from, 'a lot becomes active after ' || a.pending_until),
    ('pending', a.pending_until NOT IN (a.opened_at, l.active_from)
        AND NOT EXISTS (SELECT FROM points_entry x WHERE x.account_id = a.account_id AND x.at = a.pending_until)
        AND NOT EXISTS (SELECT FROM points_hold x WHERE x.account_id = a.account_id AND x.ended_at = a.pending_until),
        'nothing of the account happened at ' || a.pending_until),
    ('numbers', a.last_seq <> coalesce(e.n, 0) + coalesce(l.n, 0) + coalesce(h.n, 0)
        OR a.last_seq <> greatest(e.last, l.last, h.last, 0),
        'last number ' || a.last_seq || ', ' || coalesce(e.n, 0) || ' entries, ' || coalesce(l.n, 0) || ' grace lots, '
        || coalesce(h.n, 0) || ' holds')
) v (kind, broken, detail)
WHERE v.broken
