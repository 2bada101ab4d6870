-- Debits points from the lots that end soonest.
CREATE OR REPLACE FUNCTION ledger_spend(
    p_account bigint, p_points integer, p_kind text, p_key text, p_by text, p_at timestamptz, p_source text, p_reason
    text, p_wait_ms integer, OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after
    bigint, OUT r_repeated boolean
)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    v_wait text := points_wait(p_wait_ms);
    a points_account;
    v_lots integer;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    IF a.unspent >= p_points THEN
        r_balance_after := a.unspent - p_points + a.held - a.debt;
        INSERT INTO points_entry (
            account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, hash
        )
        SELECT
            p_account, a.last_seq + 1, p_kind, -p_points, r_balance_after, p_at, p_key, p_source, p_reason, p_by, '',
            points_entry_hash(
                a.head, p_account, a.last_seq + 1, p_kind, -p_points, r_balance_after, p_at, p_key, p_source, p_reason,
                p_by, '', NULL, NULL, NULL, NULL, NULL
            )
        WHERE NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
        ON CONFLICT (account_id, key) DO NOTHING
        RETURNING seq, points, false, hash INTO r_seq, r_points, r_repeated, a.head;
    END IF;
    IF r_seq IS NULL THEN  -- the key was used before or there is not enough, judged in this order
        SELECT seq, points, points_spendable(p_account, p_at), balance_after, true
        INTO r_seq, r_points, r_available, r_balance_after, r_repeated
        FROM points_replay(p_account, p_key, p_kind, -p_points, p_source);
        IF r_seq IS NULL THEN
            r_available := points_refuse(p_account, p_points, p_at);
        END IF;
        RETURN;
    END IF;
    v_lots := points_take(p_account, r_seq, p_points, p_at);
    UPDATE points_account SET last_seq = r_seq, head = a.head, unspent = unspent - p_points
    WHERE account_id = p_account
    RETURNING unspent - coalesce(
        (SELECT sum(remaining) FROM points_lot WHERE account_id = p_account AND open AND expires_at <= p_at), 0
    ) INTO r_available;
    IF a.pending_until > p_at THEN
        r_available := points_spendable(p_account, p_at);
    END IF;
END $$;
