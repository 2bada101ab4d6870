-- Sets points aside for an order that is not paid yet. Nothing is entered until it is captured.
CREATE OR REPLACE FUNCTION ledger_hold(
    p_account bigint, p_points integer, p_key text, p_by text, p_at timestamptz, p_source text, p_expires_at
    timestamptz, p_wait_ms integer, OUT r_seq integer, OUT r_points integer, OUT r_state text, OUT r_expires_at
    timestamptz, OUT r_available bigint, OUT r_repeated boolean
)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    v_wait text := points_wait(p_wait_ms);
    a points_account;
    h points_hold;
    v_lots integer;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    IF a.unspent >= p_points THEN
        INSERT INTO points_hold (account_id, seq, points, state, key, source, by, at, expires_at, ended_by)
        SELECT p_account, a.last_seq + 1, p_points, 'open', p_key, p_source, p_by, p_at, p_expires_at, ''
        WHERE NOT EXISTS (SELECT FROM points_entry WHERE account_id = p_account AND key = p_key)
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
        ON CONFLICT (account_id, key) DO NOTHING
        RETURNING seq, points, state, expires_at, false INTO r_seq, r_points, r_state, r_expires_at, r_repeated;
    END IF;
    IF r_seq IS NULL THEN  -- the key was used before or there is not enough, judged in this order
        SELECT * INTO h FROM points_hold WHERE account_id = p_account AND key = p_key;
        IF (h.points, h.source) = (p_points, p_source) THEN
            SELECT h.seq, h.points, h.state, h.expires_at, points_spendable(p_account, p_at), true
            INTO r_seq, r_points, r_state, r_expires_at, r_available, r_repeated;
            RETURN;
        END IF;
        PERFORM points_replay(p_account, p_key, 'no entry fits a hold', 0, '');
        r_available := points_refuse(p_account, p_points, p_at);
    END IF;
    v_lots := points_take(p_account, r_seq, p_points, p_at);
    UPDATE points_account SET last_seq = r_seq, unspent = unspent - p_points, held = held + p_points
    WHERE account_id = p_account
    RETURNING unspent - coalesce(
        (SELECT sum(remaining) FROM points_lot WHERE account_id = p_account AND open AND expires_at <= p_at), 0
    ) INTO r_available;
    IF a.pending_until > p_at THEN
        r_available := points_spendable(p_account, p_at);
    END IF;
END $$;
