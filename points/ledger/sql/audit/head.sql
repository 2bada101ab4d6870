-- The account row knows the hash of its last entry.
SELECT a.account_id, 'head', 'the last entry is not the one that the account remembers'
FROM points_account a
LEFT JOIN LATERAL (
    SELECT hash FROM points_entry e WHERE e.account_id = a.account_id ORDER BY seq DESC LIMIT 1
) e ON true
WHERE a.head <> coalesce(e.hash, '')
