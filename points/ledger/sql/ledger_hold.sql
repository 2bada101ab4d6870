-- Sets points aside for an order that is not paid yet. Nothing is entered until it is captured.
CREATE OR REPLACE FUNCTION ledger_hold(
    p_account bigint, p_points integer, p_key text, p_by text, p_at timestamptz, p_source text,
    p_expires_at timestamptz,
    OUT r_seq integer, OUT r_points integer, OUT r_state text, OUT r_expires_at timestamptz, OUT r_available bigint,
    OUT r_repeated boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    a points_account;
    l points_lot;
    v_simple boolean;
    h points_hold;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    IF a.unspent >= p_points THEN  -- the first lot to use, if the key is new
        SELECT * INTO l FROM points_lot
        WHERE account_id = p_account AND open
            AND NOT EXISTS (SELECT FROM points_entry WHERE account_id = p_account AND key = p_key)
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
        ORDER BY expires_at, active_from, seq LIMIT 1;
    END IF;
    IF l.seq IS NULL THEN  -- the key was used before or there is not enough, judged in this order
        SELECT * INTO h FROM points_hold WHERE account_id = p_account AND key = p_key;
        IF (h.points, h.source) = (p_points, p_source) THEN
            SELECT h.seq, h.points, h.state, h.expires_at, points_spendable(p_account, p_at), true
            INTO r_seq, r_points, r_state, r_expires_at, r_available, r_repeated;
            RETURN;
        END IF;
        PERFORM points_replay(p_account, p_key, 'no entry fits a hold', 0, '');
        r_available := points_refuse(p_account, p_points, p_at);
    END IF;
    r_seq := a.last_seq + 1;
    r_points := p_points;
    r_state := 'open';
    r_expires_at := p_expires_at;
    r_available := a.unspent - p_points;
    r_repeated := false;
    INSERT INTO points_hold (account_id, seq, points, state, key, source, by, at, expires_at, ended_by, hash)
    VALUES (
        p_account, r_seq, p_points, r_state, p_key, p_source, p_by, p_at, p_expires_at, '', points_hold_hash(
            p_account, r_seq, p_points, r_state, p_key, p_source, p_by, p_at, p_expires_at, NULL, '', NULL, NULL, NULL
        )
    );
    v_simple := l.remaining >= p_points AND l.active_from <= p_at AND (l.expires_at > p_at) IS NOT FALSE;
    IF v_simple THEN  -- nearly always: one lot pays it all, and, being the first, says that none has ended
        UPDATE points_lot SET remaining = l.remaining - p_points WHERE account_id = p_account AND seq = l.seq;
        INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
        VALUES (p_account, r_seq, 1, l.seq, p_points, 0);
    ELSE
        PERFORM points_take(p_account, r_seq, p_points, p_at);
    END IF;
    UPDATE points_account SET last_seq = r_seq, unspent = r_available, held = a.held + p_points
    WHERE account_id = p_account;
    IF NOT v_simple OR a.pending_until > p_at THEN
        r_available := points_spendable(p_account, p_at);
    END IF;
END $$;
