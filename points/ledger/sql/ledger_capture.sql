-- Turns a hold into one debit. The points left the lots when they were held, whatever happened to the lots since.
CREATE OR REPLACE FUNCTION ledger_capture(
    p_account bigint, p_hold text, p_kind text, p_key text, p_by text, p_at timestamptz, p_reason text,
    OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint,
    OUT r_repeated boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    a points_account;
    h points_hold;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    SELECT * INTO h FROM points_hold  -- open, and the key is new
    WHERE account_id = p_account AND key = p_hold AND state = 'open'
        AND NOT EXISTS (SELECT FROM points_entry WHERE account_id = p_account AND key = p_key)
        AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
        AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key);
    IF NOT FOUND THEN  -- there is no such hold, the key was used before or the hold has ended, judged in this order
        h := points_find_hold(p_account, p_hold);
        SELECT seq, points, points_spendable(p_account, p_at), balance_after, true
        INTO r_seq, r_points, r_available, r_balance_after, r_repeated
        FROM points_replay(p_account, p_key, p_kind, -h.points, h.source, h.seq);
        IF r_seq IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'PT003', MESSAGE = 'hold is not open',
                DETAIL = json_build_object('hold', p_hold, 'state', h.state);
        END IF;
        RETURN;
    END IF;
    r_seq := a.last_seq + 1;
    r_points := -h.points;
    r_balance_after := a.unspent + a.held - a.debt - h.points;
    r_repeated := false;
    a.head := points_entry_hash(
        a.head, p_account, r_seq, p_kind, r_points, r_balance_after, p_at, p_key, h.source, p_reason, p_by, '', NULL,
        NULL, NULL, h.seq, NULL
    );
    INSERT INTO points_entry (
        account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, hold_seq, hash
    ) VALUES (
        p_account, r_seq, p_kind, r_points, r_balance_after, p_at, p_key, h.source, p_reason, p_by, '', h.seq, a.head
    );
    UPDATE points_hold SET state = 'captured', entry_seq = r_seq, ended_at = p_at, ended_by = p_by,
        hash = points_hold_hash(
            p_account, h.seq, h.points, 'captured', h.key, h.source, h."by", h.at, h.expires_at, p_at, p_by, r_seq, NULL,
            NULL
        )
    WHERE account_id = p_account AND seq = h.seq;
    UPDATE points_account SET last_seq = r_seq, head = a.head, held = held - h.points
    WHERE account_id = p_account
    RETURNING unspent - coalesce(
        (SELECT sum(remaining) FROM points_lot WHERE account_id = p_account AND open AND expires_at <= p_at), 0
    ) INTO r_available;
    IF a.pending_until > p_at THEN
        r_available := points_spendable(p_account, p_at);
    END IF;
END $$;
