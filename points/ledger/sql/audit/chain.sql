-- Each entry's hash follows from the entry before and its own columns; each balance is the one before plus the points. An
-- entry that corrects another comes after it.
SELECT account_id, v.kind, 'entry ' || seq
FROM (
    SELECT e.*, lag(hash, 1, '') OVER chain AS hash_before, lag(balance_after, 1, 0) OVER chain AS balance_before
    FROM points_entry e
    WINDOW chain AS (PARTITION BY account_id ORDER BY seq)
) e
CROSS JOIN LATERAL (VALUES
    ('hash', hash <> points_entry_hash(
        hash_before, account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, breakdown,
        active_from, expires_at, hold_seq, reverses
    )),
    ('running balance', balance_after <> balance_before + points)
) v (kind, broken)
WHERE v.broken
UNION ALL
SELECT account_id, 'correction', 'entry ' || seq || ' corrects entry ' || reverses || ', which is not there'
FROM points_entry c
WHERE reverses IS NOT NULL AND NOT EXISTS (
    SELECT FROM points_entry e WHERE e.account_id = c.account_id AND e.seq = c.reverses AND e.seq < c.seq
)
