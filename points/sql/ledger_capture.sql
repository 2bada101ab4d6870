-- Turns a hold into one debit. The points left the lots when they were held, whatever happened to the lots since.
CREATE OR REPLACE FUNCTION ledger_capture(
    p_account bigint, p_hold text, p_kind text, p_key text, p_by text, p_at timestamptz, p_reason text, p_wait_ms
    integer, OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint, OUT
    r_repeated boolean
)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    a points_account := points_lock(p_account, p_wait_ms);
    h points_hold := points_find_hold(p_account, p_hold);
    e points_entry := points_replay(p_account, p_key, p_kind, -h.points, h.source, h.seq);
BEGIN
    r_repeated := e.seq IS NOT NULL;
    IF r_repeated THEN
        r_seq := e.seq;
        r_balance_after := e.balance_after;
    ELSE
        IF h.state <> 'open' THEN
            RAISE EXCEPTION USING ERRCODE = 'PT003', MESSAGE = 'hold is not open',
                DETAIL = json_build_object('hold', p_hold, 'state', h.state);
        END IF;
        r_seq := a.last_seq + 1;
        r_balance_after := points_post(
            a, r_seq, r_seq, p_kind, -h.points, 0, -h.points, 0, p_at, p_key, h.source, p_reason, p_by, '',
            NULL, NULL, NULL, h.seq, NULL
        );
        UPDATE points_hold SET state = 'captured', entry_seq = r_seq, ended_at = p_at, ended_by = p_by
        WHERE account_id = p_account AND seq = h.seq;
    END IF;
    r_points := -h.points;
    r_available := points_spendable(p_account, p_at);
END $$;
