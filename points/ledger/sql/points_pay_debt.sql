-- Pays what the account owes, up to p_points, out of its lots, p_own first: each part is allocated to the entry that
-- took points back and did not find them, oldest first. Returns how much was paid; the caller moves the account row.
CREATE OR REPLACE FUNCTION points_pay_debt(
    p_account bigint, p_points bigint, p_at timestamptz, p_own integer DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    x record;
    v_paid integer := 0;
BEGIN
    FOR x IN
        SELECT e.seq, -e.points - coalesce(sum(al.points), 0) AS owed
        FROM points_entry e LEFT JOIN points_allocation al ON al.account_id = e.account_id AND al.taker = e.seq
        WHERE e.account_id = p_account AND e.points < 0 AND e.reverses IS NOT NULL
        GROUP BY e.seq, e.points HAVING -e.points > coalesce(sum(al.points), 0)
        ORDER BY e.seq
    LOOP
        EXIT WHEN v_paid = p_points;
        v_paid := v_paid + points_collect(p_account, x.seq, least(x.owed, p_points - v_paid), p_at, p_own);
    END LOOP;
    RETURN v_paid;
END $$;
