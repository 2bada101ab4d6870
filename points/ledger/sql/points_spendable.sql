-- What the account could spend at a moment: what its lots hold, less those that ended and were not swept, less those
-- that are not active yet. No lot is both, a lot ends after it begins.
CREATE OR REPLACE FUNCTION points_spendable(p_account bigint, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_spendable bigint;
    v_pending_until timestamptz;
BEGIN
    SELECT unspent - coalesce(
        (SELECT sum(remaining) FROM points_lot WHERE account_id = p_account AND open AND expires_at <= p_at), 0
    ), pending_until
    INTO v_spendable, v_pending_until FROM points_account WHERE account_id = p_account;
    IF v_pending_until > p_at THEN
        SELECT v_spendable - coalesce(sum(remaining), 0) INTO v_spendable
        FROM points_lot WHERE account_id = p_account AND open AND active_from > p_at;
    END IF;
    RETURN coalesce(v_spendable, 0);
END $$;
