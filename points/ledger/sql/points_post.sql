-- Writes an entry that corrects another, p_reverses, at the end of the account's chain, and moves the account with it;
-- p_unspent and p_debt say by how much the lots and what is owed change, p_last_seq is the last number that the whole
-- operation used. Returns the balance after. Operations that are made all day write these statements out.
CREATE OR REPLACE FUNCTION points_post(
    a points_account, p_seq integer, p_last_seq integer, p_kind text, p_points integer, p_unspent bigint, p_debt bigint,
    p_at timestamptz, p_key text, p_source text, p_reason text, p_by text, p_breakdown jsonb, p_reverses integer
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_balance bigint := a.unspent + p_unspent + a.held - a.debt - p_debt;
BEGIN
    INSERT INTO points_entry (
        account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, breakdown, reverses,
        hash
    ) VALUES (
        a.account_id, p_seq, p_kind, p_points, v_balance, p_at, p_key, p_source, p_reason, p_by, '', p_breakdown,
        p_reverses, points_entry_hash(
            a.head, a.account_id, p_seq, p_kind, p_points, v_balance, p_at, p_key, p_source, p_reason, p_by, '',
            p_breakdown, NULL, NULL, NULL, p_reverses
        )
    ) RETURNING hash INTO a.head;
    UPDATE points_account SET
        last_seq = p_last_seq, head = a.head, unspent = unspent + p_unspent, debt = debt + p_debt,
        pending_until = greatest(pending_until, p_at)
    WHERE account_id = a.account_id;
    RETURN v_balance;
END $$;
