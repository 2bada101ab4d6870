-- Debits points from the lots that end soonest.
CREATE OR REPLACE FUNCTION ledger_spend(
    p_account bigint, p_points integer, p_kind text, p_key text, p_by text, p_at timestamptz, p_source text,
    p_reason text,
    OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint,
    OUT r_repeated boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    a points_account;
    l points_lot;
    v_new boolean := false;
    v_simple boolean;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    IF a.unspent >= p_points THEN  -- the first lot to use, if no hold and no release had the key
        SELECT * INTO l FROM points_lot
        WHERE account_id = p_account AND open
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
        ORDER BY expires_at, active_from, seq LIMIT 1;
    END IF;
    IF l.seq IS NOT NULL THEN
        r_seq := a.last_seq + 1;
        r_points := -p_points;
        r_available := a.unspent - p_points;
        r_balance_after := r_available + a.held - a.debt;
        r_repeated := false;
        a.head := points_entry_hash(
            a.head, p_account, r_seq, p_kind, r_points, r_balance_after, p_at, p_key, p_source, p_reason, p_by, '',
            NULL, NULL, NULL, NULL, NULL
        );
        INSERT INTO points_entry (
            account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, hash
        ) VALUES (
            p_account, r_seq, p_kind, r_points, r_balance_after, p_at, p_key, p_source, p_reason, p_by, '', a.head
        ) ON CONFLICT (account_id, key) DO NOTHING;
        v_new := FOUND;
    END IF;
    IF NOT v_new THEN  -- the key was used before or there is not enough, judged in this order
        SELECT seq, points, points_spendable(p_account, p_at), balance_after, true
        INTO r_seq, r_points, r_available, r_balance_after, r_repeated
        FROM points_replay(p_account, p_key, p_kind, -p_points, p_source);
        IF r_seq IS NULL THEN
            r_available := points_refuse(p_account, p_points, p_at);
        END IF;
        RETURN;
    END IF;
    v_simple := l.remaining >= p_points AND l.active_from <= p_at AND (l.expires_at > p_at) IS NOT FALSE;
    IF v_simple THEN  -- nearly always: one lot pays it all, and, being the first, says that none has ended
        UPDATE points_lot SET remaining = l.remaining - p_points WHERE account_id = p_account AND seq = l.seq;
        INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
        VALUES (p_account, r_seq, 1, l.seq, p_points, 0);
    ELSE
        PERFORM points_take(p_account, r_seq, p_points, p_at);
    END IF;
    UPDATE points_account SET last_seq = r_seq, head = a.head, unspent = r_available WHERE account_id = p_account;
    IF NOT v_simple OR a.pending_until > p_at THEN
        r_available := points_spendable(p_account, p_at);
    END IF;
END $$;
