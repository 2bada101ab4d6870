-- The name of before, for processes of the version before.
CREATE OR REPLACE FUNCTION points_expire(
    p_accounts bigint[], p_wait boolean, p_by text, p_at timestamptz,
    OUT r_accounts integer, OUT r_lots integer, OUT r_points bigint, OUT r_busy bigint[]
)
LANGUAGE plpgsql AS $$
BEGIN
    SELECT * INTO r_accounts, r_lots, r_points, r_busy FROM ledger_expire(p_accounts, p_wait, p_by, p_at);
END $$;
