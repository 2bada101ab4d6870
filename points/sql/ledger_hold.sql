-- Sets points aside for an order that is not paid yet. Nothing is entered until it is captured.
CREATE OR REPLACE FUNCTION ledger_hold(
    p_account bigint, p_points integer, p_key text, p_by text, p_at timestamptz, p_source text, p_expires_at
    timestamptz, p_wait_ms integer, OUT r_seq integer, OUT r_points integer, OUT r_state text, OUT r_expires_at
    timestamptz, OUT r_available bigint, OUT r_repeated boolean
)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    a points_account := points_lock(p_account, p_wait_ms);
    h points_hold;
BEGIN
    SELECT * INTO h FROM points_hold WHERE account_id = p_account AND key = p_key;
    r_repeated := h.seq IS NOT NULL;
    IF r_repeated THEN
        IF (h.points, h.source) <> (p_points, p_source) THEN
            RAISE EXCEPTION USING ERRCODE = 'PT002', MESSAGE = 'key used for something else',
                DETAIL = json_build_object('key', p_key);
        END IF;
        r_seq := h.seq;
        r_state := h.state;
        r_expires_at := h.expires_at;
    ELSE
        PERFORM points_replay(p_account, p_key, 'no entry fits a hold', 0, '');
        PERFORM points_require(a, p_points, p_at);
        r_seq := a.last_seq + 1;
        r_state := 'open';
        r_expires_at := p_expires_at;
        INSERT INTO points_hold (account_id, seq, points, state, key, source, by, at, expires_at, ended_by)
        VALUES (p_account, r_seq, p_points, 'open', p_key, p_source, p_by, p_at, p_expires_at, '');
        PERFORM points_take(p_account, r_seq, p_points, p_at);
        UPDATE points_account SET last_seq = r_seq, unspent = unspent - p_points, held = held + p_points
        WHERE account_id = p_account;
    END IF;
    r_points := p_points;
    r_available := points_spendable(p_account, p_at);
END $$;
