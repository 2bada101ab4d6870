-- Credits points as a new lot. What the account owes is paid out of it at once (B8). With p_renew_until, the member's
-- other points live on until then: the entry says so, and which lots that concerned. Lots whose points are away, held or
-- spent, follow when they come back (B9).
CREATE OR REPLACE FUNCTION ledger_earn(
    p_account bigint, p_points integer, p_kind text, p_key text, p_by text, p_at timestamptz, p_source text,
    p_reason text, p_expires_at timestamptz, p_active_from timestamptz, p_rule_version text, p_breakdown jsonb,
    p_renew_until timestamptz DEFAULT NULL,
    OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint,
    OUT r_repeated boolean, OUT r_paid_debt integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    a points_account;
    v_renewed jsonb;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    IF NOT FOUND THEN
        a := points_open(p_account, p_at);
    END IF;
    IF NOT points_breakdown_given(p_breakdown) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'breakdown may hold steps alone';
    END IF;
    r_paid_debt := least(a.debt, p_points);
    IF r_paid_debt > 0 THEN
        p_breakdown := coalesce(p_breakdown, '{}') || jsonb_build_object('debt', r_paid_debt);
    END IF;
    IF p_renew_until IS NOT NULL THEN
        v_renewed := points_expire_later(p_account, p_at, p_renew_until);
        p_breakdown := coalesce(p_breakdown, '{}') || jsonb_build_object('until', p_renew_until)
            || CASE WHEN v_renewed IS NULL THEN '{}' ELSE jsonb_build_object('renewed', v_renewed) END;
    END IF;
    r_balance_after := a.unspent + p_points + a.held - a.debt;
    INSERT INTO points_entry (
        account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, breakdown, active_from,
        expires_at, hash
    )
    SELECT
        p_account, a.last_seq + 1, p_kind, p_points, r_balance_after, p_at, p_key, p_source, p_reason, p_by,
        p_rule_version, p_breakdown, p_active_from, p_expires_at, points_entry_hash(
            a.head, p_account, a.last_seq + 1, p_kind, p_points, r_balance_after, p_at, p_key, p_source, p_reason, p_by,
            p_rule_version, p_breakdown, p_active_from, p_expires_at, NULL, NULL
        )
    WHERE NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
        AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
    ON CONFLICT (account_id, key) DO NOTHING
    RETURNING seq, points, false, hash INTO r_seq, r_points, r_repeated, a.head;
    IF r_seq IS NULL THEN
        SELECT seq, points, points_spendable(p_account, p_at), balance_after, true, coalesce(breakdown ->> 'debt', '0')
        INTO r_seq, r_points, r_available, r_balance_after, r_repeated, r_paid_debt
        FROM points_replay(p_account, p_key, p_kind, p_points, p_source);
        RETURN;
    END IF;
    IF v_renewed IS NOT NULL THEN
        UPDATE points_lot SET expires_at = p_renew_until
        WHERE account_id = p_account AND seq IN (SELECT jsonb_array_elements_text(v_renewed)::integer);
    END IF;
    INSERT INTO points_lot (account_id, seq, points, remaining, active_from, expires_at)
    VALUES (p_account, r_seq, p_points, p_points, p_active_from, p_expires_at);
    IF r_paid_debt > 0 THEN
        r_paid_debt := points_pay_debt(p_account, r_paid_debt, p_at, r_seq);
    END IF;
    UPDATE points_account SET
        last_seq = r_seq, head = a.head, unspent = unspent + p_points - r_paid_debt, debt = debt - r_paid_debt,
        lifetime_earned = lifetime_earned + p_points, pending_until = greatest(pending_until, p_active_from)
    WHERE account_id = p_account
    RETURNING unspent - coalesce(
        (SELECT sum(remaining) FROM points_lot WHERE account_id = p_account AND open AND expires_at <= p_at), 0
    ) INTO r_available;
    IF greatest(a.pending_until, p_active_from) > p_at THEN
        r_available := points_spendable(p_account, p_at);
    END IF;
END $$;
