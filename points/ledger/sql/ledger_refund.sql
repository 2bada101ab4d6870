-- Gives spent points back, in part or in whole, any number of times, never more than the debit took. What the
-- account owes is paid out of them (B8). Grace is as in points_give_back.
CREATE OR REPLACE FUNCTION ledger_refund(
    p_account bigint, p_spent text, p_points integer, p_kind text, p_key text, p_by text, p_at timestamptz,
    p_reason text, p_grace_until timestamptz, p_from_end boolean DEFAULT false,
    OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint,
    OUT r_repeated boolean, OUT r_pieces jsonb, OUT r_at timestamptz, OUT r_paid_debt integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    a points_account := points_lock(p_account);
    s points_entry;
    e points_entry;
    v_last_seq integer;
BEGIN
    SELECT * INTO s FROM points_entry WHERE account_id = p_account AND key = p_spent AND points < 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT005', MESSAGE = 'no such debit',
            DETAIL = json_build_object('entry', p_spent);
    END IF;
    e := points_replay(p_account, p_key, p_kind, p_points, s.source, NULL, s.seq);
    r_repeated := e.seq IS NOT NULL;
    IF r_repeated THEN
        r_seq := e.seq;
        r_balance_after := e.balance_after;
        r_pieces := e.breakdown -> 'pieces';
        r_paid_debt := coalesce(e.breakdown ->> 'debt', '0');
        r_at := e.at;
    ELSE
        r_seq := a.last_seq + 1;
        SELECT pieces, last_seq INTO r_pieces, v_last_seq
        FROM points_give_back(p_account, coalesce(s.hold_seq, s.seq), p_points, p_at, p_grace_until, r_seq, p_from_end);
        r_paid_debt := CASE WHEN a.debt > 0 THEN points_pay_debt(p_account, a.debt, p_at) ELSE 0 END;
        r_at := p_at;
        r_balance_after := points_post(
            a, r_seq, v_last_seq, p_kind, p_points, p_points - r_paid_debt, -r_paid_debt, p_at, p_key, s.source,
            p_reason, p_by, points_outcome(r_pieces, r_paid_debt), s.seq
        );
    END IF;
    r_points := p_points;
    r_available := points_spendable(p_account, p_at);
END $$;
