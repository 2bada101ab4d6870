-- Debits points from the lots that end soonest.
CREATE OR REPLACE FUNCTION ledger_spend(
    p_account bigint, p_points integer, p_kind text, p_key text, p_by text, p_at timestamptz, p_source text, p_reason
    text, p_wait_ms integer, OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after
    bigint, OUT r_repeated boolean
)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    a points_account := points_lock(p_account, p_wait_ms);
    e points_entry := points_replay(p_account, p_key, p_kind, -p_points, p_source);
BEGIN
    r_repeated := e.seq IS NOT NULL;
    IF r_repeated THEN
        r_seq := e.seq;
        r_balance_after := e.balance_after;
    ELSE
        PERFORM points_require(a, p_points, p_at);
        r_seq := a.last_seq + 1;
        PERFORM points_take(p_account, r_seq, p_points, p_at);
        r_balance_after := points_post(
            a, r_seq, r_seq, p_kind, -p_points, -p_points, 0, 0, p_at, p_key, p_source, p_reason, p_by, '',
            NULL, NULL, NULL, NULL, NULL
        );
    END IF;
    r_points := -p_points;
    r_available := points_spendable(p_account, p_at);
END $$;
