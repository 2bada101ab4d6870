-- A hold is as the function wrote it that made it, or the one that ended it.
SELECT account_id, 'hold hash', 'hold ' || seq
FROM points_hold
WHERE hash IS DISTINCT FROM points_hold_hash(
    account_id, seq, points, state, key, source, by, at, expires_at, ended_at, ended_by, entry_seq, release_key, outcome
)
