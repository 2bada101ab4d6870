-- Ends a hold without a debit: its points go back to their lots. Every bad end of an order (cancelled, failed, timed
-- out) comes here, and whoever comes second finds it done, with whatever key. Grace counts from a lot's own end: holding
-- again and again keeps nothing alive. What the account owes is paid out of the points that come back (B8).
CREATE OR REPLACE FUNCTION ledger_release(
    p_account bigint, p_hold text, p_key text, p_by text, p_at timestamptz, p_grace_until timestamptz,
    OUT r_points integer, OUT r_pieces jsonb, OUT r_released_at timestamptz, OUT r_available bigint,
    OUT r_repeated boolean, OUT r_paid_debt integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    a points_account := points_lock(p_account);
    h points_hold := points_find_hold(p_account, p_hold);
    v_last_seq integer;
BEGIN
    IF h.release_key IS DISTINCT FROM p_key THEN
        PERFORM points_replay(p_account, p_key, 'no entry fits a release', 0, '');
    END IF;
    IF h.state = 'captured' THEN
        RAISE EXCEPTION USING ERRCODE = 'PT003', MESSAGE = 'hold is not open',
            DETAIL = json_build_object('hold', p_hold, 'state', h.state);
    END IF;
    r_repeated := h.state = 'released';
    IF r_repeated THEN
        r_pieces := h.outcome -> 'pieces';
        r_paid_debt := coalesce(h.outcome ->> 'debt', '0');
        r_released_at := h.ended_at;
    ELSE
        SELECT pieces, last_seq INTO r_pieces, v_last_seq
        FROM points_give_back(p_account, h.seq, h.points, p_at, p_grace_until, a.last_seq, true);
        r_paid_debt := CASE WHEN a.debt > 0 THEN points_pay_debt(p_account, a.debt, p_at) ELSE 0 END;
        r_released_at := p_at;
        h.outcome := points_outcome(r_pieces, r_paid_debt);
        UPDATE points_hold SET
            state = 'released', release_key = p_key, ended_at = p_at, ended_by = p_by, outcome = h.outcome,
            hash = points_hold_hash(
                p_account, h.seq, h.points, 'released', h.key, h.source, h."by", h.at, h.expires_at, p_at, p_by, NULL,
                p_key, h.outcome
            )
        WHERE account_id = p_account AND seq = h.seq;
        UPDATE points_account SET
            last_seq = v_last_seq, unspent = unspent + h.points - r_paid_debt, held = held - h.points,
            debt = debt - r_paid_debt, pending_until = greatest(pending_until, p_at)
        WHERE account_id = p_account;
    END IF;
    r_points := h.points;
    r_available := points_spendable(p_account, p_at);
END $$;
