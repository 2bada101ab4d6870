-- Takes back points of an earning whose reason is gone (B8), in the order of points_collect. What is not there any more
-- becomes a debt that the next credits pay ('debt'), is let go ('within_balance'), or lets all of it go ('skip'). Where
-- nothing is taken nothing is written, and the key stays free.
CREATE OR REPLACE FUNCTION ledger_clawback(
    p_account bigint, p_earned text, p_points integer, p_policy text, p_kind text, p_key text, p_by text,
    p_at timestamptz, p_source text, p_reason text,
    OUT r_seq integer, OUT r_taken integer, OUT r_owed integer, OUT r_skipped integer, OUT r_available bigint,
    OUT r_balance_after bigint, OUT r_repeated boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    a points_account := points_lock(p_account);
    s points_entry;
    e points_entry;
    v_left bigint;
BEGIN
    SELECT * INTO s FROM points_entry
    WHERE account_id = p_account AND key = p_earned AND points > 0 AND reverses IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT005', MESSAGE = 'no such earning',
            DETAIL = json_build_object('entry', p_earned);
    END IF;
    SELECT * INTO e FROM points_entry
    WHERE account_id = p_account AND key = p_key
        AND breakdown @> jsonb_build_object('asked', p_points, 'policy', p_policy);
    e := points_replay(p_account, p_key, p_kind, coalesce(e.points, 0), p_source, NULL, s.seq);
    r_repeated := e.seq IS NOT NULL;
    IF r_repeated THEN
        r_seq := e.seq;
        r_owed := (e.breakdown ->> 'owed')::integer;
        r_taken := -e.points - r_owed;
        r_balance_after := e.balance_after;
    ELSE
        SELECT s.points + coalesce(sum(points), 0) INTO v_left FROM points_entry
        WHERE account_id = p_account AND reverses = s.seq;
        IF p_points > v_left THEN
            RAISE EXCEPTION USING ERRCODE = 'PT008', MESSAGE = 'more than was earned',
                DETAIL = json_build_object('asked', p_points, 'left', v_left);
        END IF;
        SELECT least(p_points, coalesce(sum(remaining), 0)) INTO r_taken FROM points_lot
        WHERE account_id = p_account AND open
            AND (seq = s.seq OR origin = s.seq OR (expires_at > p_at) IS NOT FALSE);
        r_owed := CASE p_policy WHEN 'debt' THEN p_points - r_taken ELSE 0 END;
        IF p_policy = 'skip' AND r_taken < p_points THEN
            r_taken := 0;
        END IF;
        r_balance_after := a.unspent + a.held - a.debt;
        IF r_taken + r_owed > 0 THEN
            r_seq := a.last_seq + 1;
            r_taken := points_collect(p_account, r_seq, r_taken, p_at, s.seq);
            r_balance_after := points_post(
                a, r_seq, r_seq, p_kind, -r_taken - r_owed, -r_taken, r_owed, p_at, p_key, p_source, p_reason, p_by,
                jsonb_build_object('asked', p_points, 'policy', p_policy, 'owed', r_owed), s.seq
            );
        END IF;
    END IF;
    r_skipped := p_points - r_taken - r_owed;
    r_available := points_spendable(p_account, p_at);
END $$;
