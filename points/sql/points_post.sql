-- Writes an entry at the end of the account's chain and moves the account with it. p_unspent and p_held say by how
-- much the lots and the holds changed; p_last_seq is the last number that the whole operation used. Returns the
-- balance after.
CREATE OR REPLACE FUNCTION points_post(
    a points_account, p_seq integer, p_last_seq integer, p_kind text, p_points integer, p_unspent bigint, p_held bigint,
    p_earned bigint, p_at timestamptz, p_key text, p_source text, p_reason text, p_by text, p_rule_version text,
    p_breakdown jsonb, p_active_from timestamptz, p_expires_at timestamptz, p_hold_seq integer, p_reverses integer
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_balance bigint := a.unspent + p_unspent + a.held + p_held - a.debt;
    v_hash bytea := points_entry_hash(
        a.head, a.account_id, p_seq, p_kind, p_points, v_balance, p_at, p_key, p_source, p_reason, p_by, p_rule_version,
        p_breakdown, p_active_from, p_expires_at, p_hold_seq, p_reverses
    );
BEGIN
    INSERT INTO points_entry (
        account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, breakdown,
        active_from, expires_at, hold_seq, reverses, hash
    ) VALUES (
        a.account_id, p_seq, p_kind, p_points, v_balance, p_at, p_key, p_source, p_reason, p_by, p_rule_version,
        p_breakdown, p_active_from, p_expires_at, p_hold_seq, p_reverses, v_hash
    );
    UPDATE points_account SET
        last_seq = p_last_seq, head = v_hash, unspent = unspent + p_unspent, held = held + p_held,
        lifetime_earned = lifetime_earned + p_earned,
        pending_until = greatest(pending_until, p_active_from, p_at)
    WHERE account_id = a.account_id;
    RETURN v_balance;
END $$;
