-- Says from when the points of an earning can be used, and until when, where that was left open when they were earned
-- (B5): an entry of 0 points, the last one counts. points_undated() leaves it open again. What can be used by p_at stays
-- so, an earning that began with a date keeps it, and the same once more changes nothing. Where the lot was renewed
-- meanwhile (B9), it lives at least as long.
CREATE OR REPLACE FUNCTION ledger_set_begin(
    p_account bigint, p_earned text, p_active_from timestamptz, p_expires_at timestamptz, p_by text, p_at timestamptz,
    OUT r_active_from timestamptz, OUT r_expires_at timestamptz, OUT r_changed boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    a points_account := points_lock(p_account);
    s points_entry;
    l points_lot;
    v_key text;
BEGIN
    SELECT * INTO s FROM points_entry
    WHERE account_id = p_account AND key = p_earned AND points > 0 AND reverses IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT005', MESSAGE = 'no such earning',
            DETAIL = json_build_object('entry', p_earned);
    END IF;
    SELECT * INTO l FROM points_lot WHERE account_id = p_account AND seq = s.seq;
    r_active_from := l.active_from;
    r_expires_at := l.expires_at;
    r_changed := s.active_from = points_undated() AND l.active_from > p_at AND l.active_from <> p_active_from;
    IF NOT r_changed THEN
        RETURN;
    END IF;
    r_active_from := p_active_from;
    IF p_expires_at IS NOT NULL THEN
        SELECT greatest(p_expires_at, max((breakdown ->> 'until')::timestamptz)) INTO r_expires_at FROM points_entry
        WHERE account_id = p_account AND seq > s.seq AND breakdown -> 'renewed' @> to_jsonb(s.seq);
    ELSE
        r_expires_at := NULL;
    END IF;
    a.last_seq := a.last_seq + 1;
    v_key := 'begin:' || s.seq || ':' || a.last_seq;
    a.head := points_entry_hash(
        a.head, p_account, a.last_seq, 'begin', 0, a.unspent + a.held - a.debt, p_at, v_key, s.source, '', p_by, '',
        NULL, r_active_from, r_expires_at, NULL, s.seq
    );
    INSERT INTO points_entry (
        account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, active_from,
        expires_at, reverses, hash
    ) VALUES (
        p_account, a.last_seq, 'begin', 0, a.unspent + a.held - a.debt, p_at, v_key, s.source, '', p_by, '',
        r_active_from, r_expires_at, s.seq, a.head
    );
    UPDATE points_lot SET active_from = r_active_from, expires_at = r_expires_at
    WHERE account_id = p_account AND seq = s.seq;
    UPDATE points_account SET
        last_seq = a.last_seq, head = a.head,
        pending_until = (SELECT max(active_from) FROM points_lot WHERE account_id = p_account)
    WHERE account_id = p_account;
END $$;
