-- Credits points as a new lot.
CREATE OR REPLACE FUNCTION ledger_earn(
    p_account bigint, p_points integer, p_kind text, p_key text, p_by text, p_at timestamptz, p_source text, p_reason
    text, p_expires_at timestamptz, p_active_from timestamptz, p_rule_version text, p_breakdown jsonb, p_wait_ms
    integer, OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint, OUT
    r_repeated boolean
)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    a points_account := points_lock(p_account, p_wait_ms);
    e points_entry;
BEGIN
    IF a.account_id IS NULL THEN
        a := points_open(p_account, p_at, p_wait_ms);
    END IF;
    e := points_replay(p_account, p_key, p_kind, p_points, p_source);
    r_repeated := e.seq IS NOT NULL;
    IF r_repeated THEN
        r_seq := e.seq;
        r_balance_after := e.balance_after;
    ELSE
        r_seq := a.last_seq + 1;
        INSERT INTO points_lot (account_id, seq, points, remaining, active_from, expires_at)
        VALUES (p_account, r_seq, p_points, p_points, p_active_from, p_expires_at);
        r_balance_after := points_post(
            a, r_seq, r_seq, p_kind, p_points, p_points, 0, p_points, p_at, p_key, p_source, p_reason, p_by,
            p_rule_version, p_breakdown, p_active_from, p_expires_at, NULL, NULL
        );
    END IF;
    r_points := p_points;
    r_available := points_spendable(p_account, p_at);
END $$;
