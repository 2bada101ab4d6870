-- A clawback stands in full; what its allocations lack is what the account owes. Clawbacks of an earning never pass it.
WITH clawback AS (
    SELECT e.account_id, e.reverses, -e.points AS points, -e.points - coalesce(t.points, 0) AS owed
    FROM points_entry e
    LEFT JOIN (
        SELECT account_id, taker AS seq, sum(points) AS points FROM points_allocation GROUP BY account_id, taker
    ) t USING (account_id, seq)
    WHERE e.points < 0 AND e.reverses IS NOT NULL
)
SELECT account_id, 'debt', a.debt || ' cached, clawbacks lack ' || coalesce(c.owed, 0)
FROM points_account a
LEFT JOIN (SELECT account_id, sum(owed) AS owed FROM clawback GROUP BY account_id) c USING (account_id)
WHERE a.debt <> coalesce(c.owed, 0)
UNION ALL
SELECT c.account_id, 'clawback', 'entry ' || c.reverses || ' earned ' || coalesce(max(e.points), 0) || ', '
    || sum(c.points) || ' taken back'
FROM clawback c
LEFT JOIN points_entry e ON e.account_id = c.account_id AND e.seq = c.reverses AND e.points > 0
GROUP BY c.account_id, c.reverses HAVING sum(c.points) > coalesce(max(e.points), 0)
