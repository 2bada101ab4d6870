-- The mall's tables, functions and rows as the first version left them, by its own services: three members' points with
-- every sort of posting, orders in every state of then, adjustments, a grant by file, an expiry rule. Frozen: a new
-- migration gets no row here. Sessions, the admin's log and tables of other packages are made anew by `migrate`.

SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE FUNCTION public.catalog_stockmovement_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'stock movements are only ever added' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION public.ledger_capture(p_account bigint, p_hold text, p_kind text, p_key text, p_by text, p_at timestamp with time zone, p_reason text, p_wait_ms integer, OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint, OUT r_repeated boolean) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
DECLARE
    v_wait text := points_wait(p_wait_ms);
    a points_account;
    h points_hold;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    h := points_find_hold(p_account, p_hold);
    IF h.state = 'open' THEN
        r_balance_after := a.unspent + a.held - a.debt - h.points;
        INSERT INTO points_entry (
            account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, hold_seq, hash
        )
        SELECT
            p_account, a.last_seq + 1, p_kind, -h.points, r_balance_after, p_at, p_key, h.source, p_reason, p_by, '',
            h.seq, points_entry_hash(
                a.head, p_account, a.last_seq + 1, p_kind, -h.points, r_balance_after, p_at, p_key, h.source, p_reason,
                p_by, '', NULL, NULL, NULL, h.seq, NULL
            )
        WHERE NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
        ON CONFLICT (account_id, key) DO NOTHING
        RETURNING seq, points, false, hash INTO r_seq, r_points, r_repeated, a.head;
    END IF;
    IF r_seq IS NULL THEN  -- the key was used before or the hold has ended, judged in this order
        SELECT seq, points, points_spendable(p_account, p_at), balance_after, true
        INTO r_seq, r_points, r_available, r_balance_after, r_repeated
        FROM points_replay(p_account, p_key, p_kind, -h.points, h.source, h.seq);
        IF r_seq IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'PT003', MESSAGE = 'hold is not open',
                DETAIL = json_build_object('hold', p_hold, 'state', h.state);
        END IF;
        RETURN;
    END IF;
    UPDATE points_hold SET state = 'captured', entry_seq = r_seq, ended_at = p_at, ended_by = p_by
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

CREATE FUNCTION public.ledger_clawback(p_account bigint, p_earned text, p_points integer, p_policy text, p_kind text, p_key text, p_by text, p_at timestamp with time zone, p_source text, p_reason text, p_wait_ms integer, OUT r_seq integer, OUT r_taken integer, OUT r_owed integer, OUT r_skipped integer, OUT r_available bigint, OUT r_balance_after bigint, OUT r_repeated boolean) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
DECLARE
    a points_account := points_lock(p_account, p_wait_ms);
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

CREATE FUNCTION public.ledger_earn(p_account bigint, p_points integer, p_kind text, p_key text, p_by text, p_at timestamp with time zone, p_source text, p_reason text, p_expires_at timestamp with time zone, p_active_from timestamp with time zone, p_rule_version text, p_breakdown jsonb, p_wait_ms integer, p_renew_until timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint, OUT r_repeated boolean, OUT r_paid_debt integer) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
DECLARE
    v_wait text := points_wait(p_wait_ms);
    a points_account;
    v_renewed jsonb;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    IF NOT FOUND THEN
        a := points_open(p_account, p_at, p_wait_ms);
    END IF;
    r_paid_debt := least(a.debt, p_points);
    IF r_paid_debt > 0 THEN
        p_breakdown := coalesce(p_breakdown, '{}') || jsonb_build_object('debt', r_paid_debt);
    END IF;
    IF p_renew_until IS NOT NULL THEN
        v_renewed := points_expire_later(p_account, p_at, p_renew_until);
        IF v_renewed IS NOT NULL THEN
            p_breakdown := coalesce(p_breakdown, '{}')
                || jsonb_build_object('renewed', v_renewed, 'until', p_renew_until);
        END IF;
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

CREATE FUNCTION public.ledger_hold(p_account bigint, p_points integer, p_key text, p_by text, p_at timestamp with time zone, p_source text, p_expires_at timestamp with time zone, p_wait_ms integer, OUT r_seq integer, OUT r_points integer, OUT r_state text, OUT r_expires_at timestamp with time zone, OUT r_available bigint, OUT r_repeated boolean) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
DECLARE
    v_wait text := points_wait(p_wait_ms);
    a points_account;
    h points_hold;
    v_lots integer;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    IF a.unspent >= p_points THEN
        INSERT INTO points_hold (account_id, seq, points, state, key, source, by, at, expires_at, ended_by)
        SELECT p_account, a.last_seq + 1, p_points, 'open', p_key, p_source, p_by, p_at, p_expires_at, ''
        WHERE NOT EXISTS (SELECT FROM points_entry WHERE account_id = p_account AND key = p_key)
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
        ON CONFLICT (account_id, key) DO NOTHING
        RETURNING seq, points, state, expires_at, false INTO r_seq, r_points, r_state, r_expires_at, r_repeated;
    END IF;
    IF r_seq IS NULL THEN  -- the key was used before or there is not enough, judged in this order
        SELECT * INTO h FROM points_hold WHERE account_id = p_account AND key = p_key;
        IF (h.points, h.source) = (p_points, p_source) THEN
            SELECT h.seq, h.points, h.state, h.expires_at, points_spendable(p_account, p_at), true
            INTO r_seq, r_points, r_state, r_expires_at, r_available, r_repeated;
            RETURN;
        END IF;
        PERFORM points_replay(p_account, p_key, 'no entry fits a hold', 0, '');
        r_available := points_refuse(p_account, p_points, p_at);
    END IF;
    v_lots := points_take(p_account, r_seq, p_points, p_at);
    UPDATE points_account SET last_seq = r_seq, unspent = unspent - p_points, held = held + p_points
    WHERE account_id = p_account
    RETURNING unspent - coalesce(
        (SELECT sum(remaining) FROM points_lot WHERE account_id = p_account AND open AND expires_at <= p_at), 0
    ) INTO r_available;
    IF a.pending_until > p_at THEN
        r_available := points_spendable(p_account, p_at);
    END IF;
END $$;

CREATE FUNCTION public.ledger_refund(p_account bigint, p_spent text, p_points integer, p_kind text, p_key text, p_by text, p_at timestamp with time zone, p_reason text, p_grace_until timestamp with time zone, p_wait_ms integer, OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint, OUT r_repeated boolean, OUT r_pieces jsonb, OUT r_at timestamp with time zone, OUT r_paid_debt integer) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
DECLARE
    a points_account := points_lock(p_account, p_wait_ms);
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
        FROM points_give_back(p_account, coalesce(s.hold_seq, s.seq), p_points, p_at, p_grace_until, r_seq);
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

CREATE FUNCTION public.ledger_release(p_account bigint, p_hold text, p_key text, p_by text, p_at timestamp with time zone, p_grace_until timestamp with time zone, p_wait_ms integer, OUT r_points integer, OUT r_pieces jsonb, OUT r_released_at timestamp with time zone, OUT r_available bigint, OUT r_repeated boolean, OUT r_paid_debt integer) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
DECLARE
    a points_account := points_lock(p_account, p_wait_ms);
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
        FROM points_give_back(p_account, h.seq, h.points, p_at, p_grace_until, a.last_seq);
        r_paid_debt := CASE WHEN a.debt > 0 THEN points_pay_debt(p_account, a.debt, p_at) ELSE 0 END;
        r_released_at := p_at;
        UPDATE points_hold SET
            state = 'released', release_key = p_key, ended_at = p_at, ended_by = p_by,
            outcome = points_outcome(r_pieces, r_paid_debt)
        WHERE account_id = p_account AND seq = h.seq;
        UPDATE points_account SET
            last_seq = v_last_seq, unspent = unspent + h.points - r_paid_debt, held = held - h.points,
            debt = debt - r_paid_debt, pending_until = greatest(pending_until, p_at)
        WHERE account_id = p_account;
    END IF;
    r_points := h.points;
    r_available := points_spendable(p_account, p_at);
END $$;

CREATE FUNCTION public.ledger_spend(p_account bigint, p_points integer, p_kind text, p_key text, p_by text, p_at timestamp with time zone, p_source text, p_reason text, p_wait_ms integer, OUT r_seq integer, OUT r_points integer, OUT r_available bigint, OUT r_balance_after bigint, OUT r_repeated boolean) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
DECLARE
    v_wait text := points_wait(p_wait_ms);
    a points_account;
    v_lots integer;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    IF a.unspent >= p_points THEN
        r_balance_after := a.unspent - p_points + a.held - a.debt;
        INSERT INTO points_entry (
            account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, hash
        )
        SELECT
            p_account, a.last_seq + 1, p_kind, -p_points, r_balance_after, p_at, p_key, p_source, p_reason, p_by, '',
            points_entry_hash(
                a.head, p_account, a.last_seq + 1, p_kind, -p_points, r_balance_after, p_at, p_key, p_source, p_reason,
                p_by, '', NULL, NULL, NULL, NULL, NULL
            )
        WHERE NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
            AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
        ON CONFLICT (account_id, key) DO NOTHING
        RETURNING seq, points, false, hash INTO r_seq, r_points, r_repeated, a.head;
    END IF;
    IF r_seq IS NULL THEN  -- the key was used before or there is not enough, judged in this order
        SELECT seq, points, points_spendable(p_account, p_at), balance_after, true
        INTO r_seq, r_points, r_available, r_balance_after, r_repeated
        FROM points_replay(p_account, p_key, p_kind, -p_points, p_source);
        IF r_seq IS NULL THEN
            r_available := points_refuse(p_account, p_points, p_at);
        END IF;
        RETURN;
    END IF;
    v_lots := points_take(p_account, r_seq, p_points, p_at);
    UPDATE points_account SET last_seq = r_seq, head = a.head, unspent = unspent - p_points
    WHERE account_id = p_account
    RETURNING unspent - coalesce(
        (SELECT sum(remaining) FROM points_lot WHERE account_id = p_account AND open AND expires_at <= p_at), 0
    ) INTO r_available;
    IF a.pending_until > p_at THEN
        r_available := points_spendable(p_account, p_at);
    END IF;
END $$;

CREATE FUNCTION public.points_collect(p_account bigint, p_taker integer, p_points bigint, p_at timestamp with time zone, p_own integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    l record;
    v_got integer := 0;
    v_position integer;
BEGIN
    SELECT coalesce(max(position), 0) INTO v_position FROM points_allocation
    WHERE account_id = p_account AND taker = p_taker;
    FOR l IN
        SELECT seq, remaining FROM points_lot
        WHERE account_id = p_account AND open
            AND (seq = p_own OR origin = p_own OR (expires_at > p_at) IS NOT FALSE)
        ORDER BY (seq = p_own OR origin = p_own) IS NOT TRUE, active_from > p_at, expires_at, active_from, seq
    LOOP
        EXIT WHEN v_got = p_points;
        l.remaining := least(l.remaining, p_points - v_got);
        v_position := v_position + 1;
        UPDATE points_lot SET remaining = remaining - l.remaining WHERE account_id = p_account AND seq = l.seq;
        INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
        VALUES (p_account, p_taker, v_position, l.seq, l.remaining, 0);
        v_got := v_got + l.remaining;
    END LOOP;
    RETURN v_got;
END $$;

CREATE FUNCTION public.points_earn_many(p_accounts bigint[], p_points integer[], p_keys text[], p_reasons text[], p_kind text, p_by text, p_at timestamp with time zone, p_source text, p_expires_at timestamp with time zone, p_renew_until timestamp with time zone, p_wait_ms integer, OUT r_repeated boolean[]) RETURNS boolean[]
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    g record;
    v_plain bigint[];
    v_repeated boolean;
BEGIN
    PERFORM points_wait(p_wait_ms);
    INSERT INTO points_account (
        account_id, last_seq, head, unspent, held, debt, lifetime_earned, pending_until, opened_at
    )
    SELECT u.id, 0, '', 0, 0, 0, 0, p_at, p_at FROM accounts_user u
    WHERE u.id = ANY (p_accounts) AND NOT EXISTS (SELECT FROM points_account WHERE account_id = u.id)
    ORDER BY u.id
    ON CONFLICT DO NOTHING;
    PERFORM FROM points_account WHERE account_id = ANY (p_accounts) ORDER BY account_id FOR UPDATE;
    -- Only now, in a statement of its own, may anything that belongs to the accounts be read.
    WITH plain AS (
        SELECT n, points, key, reason, a.account_id, a.last_seq + 1 AS seq, a.head, a.unspent + a.held + points AS balance
        FROM (
            SELECT *, row_number() OVER (PARTITION BY account ORDER BY n) AS nth
            FROM unnest(p_accounts, p_points, p_keys, p_reasons) WITH ORDINALITY rows (account, points, key, reason, n)
        ) given JOIN points_account a ON a.account_id = given.account
        WHERE nth = 1 AND a.debt = 0 AND p_renew_until IS NULL
            AND NOT EXISTS (SELECT FROM points_entry e WHERE e.account_id = a.account_id AND e.key = given.key)
            AND NOT EXISTS (SELECT FROM points_hold h WHERE h.account_id = a.account_id AND h.key = given.key)
            AND NOT EXISTS (SELECT FROM points_hold h WHERE h.account_id = a.account_id AND h.release_key = given.key)
    ), entered AS (
        INSERT INTO points_entry (
            account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, active_from,
            expires_at, hash
        )
        SELECT
            account_id, seq, p_kind, points, balance, p_at, key, p_source, reason, p_by, '', p_at, p_expires_at,
            points_entry_hash(
                head, account_id, seq, p_kind, points, balance, p_at, key, p_source, reason, p_by, '', NULL, p_at,
                p_expires_at, NULL, NULL
            )
        FROM plain
        RETURNING account_id, seq, points, hash
    ), lots AS (
        INSERT INTO points_lot (account_id, seq, points, remaining, active_from, expires_at)
        SELECT account_id, seq, points, points, p_at, p_expires_at FROM plain
    ), moved AS (
        UPDATE points_account a SET
            last_seq = e.seq, head = e.hash, unspent = a.unspent + e.points,
            lifetime_earned = a.lifetime_earned + e.points, pending_until = greatest(a.pending_until, p_at)
        FROM entered e WHERE a.account_id = e.account_id
    )
    SELECT coalesce(array_agg(n), '{}') INTO v_plain FROM plain;
    r_repeated := array_fill(false, ARRAY[cardinality(p_accounts)]);
    FOR g IN
        SELECT * FROM unnest(p_accounts, p_points, p_keys, p_reasons) WITH ORDINALITY rows (account, points, key, reason, n)
        WHERE n <> ALL (v_plain) ORDER BY n
    LOOP
        SELECT e.r_repeated INTO v_repeated FROM ledger_earn(
            g.account, g.points, p_kind, g.key, p_by, p_at, p_source, g.reason, p_expires_at, p_at, '', NULL, p_wait_ms,
            p_renew_until
        ) e;
        r_repeated[g.n] := v_repeated;
    END LOOP;
END $$;

CREATE FUNCTION public.points_entry_hash(p_before bytea, p_account bigint, p_seq integer, p_kind text, p_points integer, p_balance_after bigint, p_at timestamp with time zone, p_key text, p_source text, p_reason text, p_by text, p_rule_version text, p_breakdown jsonb, p_active_from timestamp with time zone, p_expires_at timestamp with time zone, p_hold_seq integer, p_reverses integer) RETURNS bytea
    LANGUAGE sql STABLE
    AS $$
    SELECT sha256(p_before || convert_to(ROW(
        p_account, p_seq, p_kind, p_points, p_balance_after, extract(epoch FROM p_at), p_key, p_source, p_reason, p_by,
        p_rule_version, p_breakdown, extract(epoch FROM p_active_from), extract(epoch FROM p_expires_at), p_hold_seq,
        p_reverses
    )::text, 'UTF8'))
$$;

CREATE FUNCTION public.points_entry_sound(p_kind text, p_points integer, p_hold_seq integer, p_reverses integer) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    RETURN CASE
        WHEN p_points > 0 THEN p_hold_seq IS NULL
            AND p_kind IN ('sign_up', 'sign_in', 'purchase', 'campaign', 'adjust', 'refund')
            AND (p_kind = 'refund') = (p_reverses IS NOT NULL)
        ELSE p_points < 0 AND p_kind IN ('redeem', 'adjust', 'expire', 'clawback')
            AND (p_reverses IS NULL OR p_kind = 'clawback')
    END;
END $$;

CREATE FUNCTION public.points_expire(p_accounts bigint[], p_wait boolean, p_by text, p_at timestamp with time zone, p_wait_ms integer, OUT r_accounts integer, OUT r_lots integer, OUT r_points bigint, OUT r_busy bigint[]) RETURNS record
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    x record;
    v_locked bigint[] := '{}';
    v_account bigint;
    v_seq integer;
    v_balance bigint;
    v_key text;
    v_hash bytea;
    v_accounts bigint[] := '{}';
    v_seqs integer[] := '{}';
    v_lots integer[] := '{}';
    v_points integer[] := '{}';
    v_balances bigint[] := '{}';
    v_keys text[] := '{}';
    v_hashes bytea[] := '{}';
BEGIN
    IF p_wait THEN
        FOREACH v_account IN ARRAY (SELECT array_agg(id ORDER BY id) FROM unnest(p_accounts) id) LOOP
            v_locked := v_locked || (points_lock(v_account, p_wait_ms)).account_id;
        END LOOP;
    ELSE
        SELECT coalesce(array_agg(account_id), '{}') INTO v_locked FROM (
            SELECT account_id FROM points_account WHERE account_id = ANY (p_accounts)
            ORDER BY account_id FOR UPDATE SKIP LOCKED
        ) locked;
    END IF;
    r_busy := ARRAY(SELECT unnest(p_accounts) EXCEPT SELECT unnest(v_locked));

    v_account := NULL;
    FOR x IN
        SELECT l.account_id, l.seq, l.remaining, a.last_seq, a.head, a.unspent + a.held - a.debt AS balance,
            l.remaining < l.points AND EXISTS (
                SELECT FROM points_entry e WHERE e.account_id = l.account_id AND e.key = 'expire:' || l.seq
            ) AS again
        FROM points_lot l JOIN points_account a ON a.account_id = l.account_id
        WHERE l.account_id = ANY (v_locked) AND l.open AND l.expires_at <= p_at
        ORDER BY l.account_id, l.expires_at, l.active_from, l.seq
    LOOP
        IF v_account IS DISTINCT FROM x.account_id THEN
            v_account := x.account_id;
            v_seq := x.last_seq;
            v_balance := x.balance;
            v_hash := x.head;
        END IF;
        v_seq := v_seq + 1;
        v_balance := v_balance - x.remaining;
        v_key := 'expire:' || x.seq || CASE WHEN x.again THEN ':' || v_seq ELSE '' END;
        v_hash := points_entry_hash(
            v_hash, v_account, v_seq, 'expire', -x.remaining, v_balance, p_at, v_key, '', '', p_by, '',
            NULL, NULL, NULL, NULL, NULL
        );
        v_accounts := v_accounts || v_account;
        v_seqs := v_seqs || v_seq;
        v_lots := v_lots || x.seq;
        v_points := v_points || x.remaining;
        v_balances := v_balances || v_balance;
        v_keys := v_keys || v_key;
        v_hashes := v_hashes || v_hash;
    END LOOP;

    INSERT INTO points_entry (
        account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, hash
    )
    SELECT account_id, seq, 'expire', -points, balance, p_at, key, '', '', p_by, '', hash
    FROM unnest(v_accounts, v_seqs, v_points, v_balances, v_keys, v_hashes)
        AS e (account_id, seq, points, balance, key, hash);
    INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
    SELECT account_id, seq, 1, lot, points, 0
    FROM unnest(v_accounts, v_seqs, v_lots, v_points) AS e (account_id, seq, lot, points);
    UPDATE points_lot SET remaining = 0 WHERE account_id = ANY (v_locked) AND open AND expires_at <= p_at;
    UPDATE points_account a SET last_seq = e.seq, head = e.hash, unspent = e.balance - a.held + a.debt
    FROM (
        SELECT DISTINCT ON (account_id) account_id, seq, balance, hash
        FROM unnest(v_accounts, v_seqs, v_balances, v_hashes) AS e (account_id, seq, balance, hash)
        ORDER BY account_id, seq DESC
    ) e
    WHERE a.account_id = e.account_id;
    GET DIAGNOSTICS r_accounts = ROW_COUNT;
    r_lots := cardinality(v_lots);
    r_points := (SELECT coalesce(sum(p), 0) FROM unnest(v_points) p);
END $$;

CREATE FUNCTION public.points_expire_later(p_account bigint, p_at timestamp with time zone, p_until timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN (
        SELECT jsonb_agg(seq ORDER BY seq) FROM points_lot
        WHERE account_id = p_account AND open AND expires_at > p_at AND expires_at < p_until AND origin IS NULL
    );
END $$;

CREATE TABLE public.points_hold (
    seq integer NOT NULL,
    points integer NOT NULL,
    state character varying(8) NOT NULL,
    key character varying(128) NOT NULL,
    source character varying(64) NOT NULL,
    by character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended_by character varying(64) NOT NULL,
    entry_seq integer,
    release_key character varying(128),
    outcome jsonb,
    account_id bigint NOT NULL,
    CONSTRAINT points_hold_ends_once CHECK ((((ended_at IS NULL) AND (entry_seq IS NULL) AND (release_key IS NULL) AND ((state)::text = 'open'::text)) OR ((ended_at IS NOT NULL) AND (entry_seq IS NOT NULL) AND (release_key IS NULL) AND ((state)::text = 'captured'::text)) OR ((ended_at IS NOT NULL) AND (entry_seq IS NULL) AND (release_key IS NOT NULL) AND ((state)::text = 'released'::text)))),
    CONSTRAINT points_hold_named CHECK (((points > 0) AND (seq > 0) AND (NOT ((key)::text = ''::text))))
)
WITH (fillfactor='80');

CREATE FUNCTION public.points_find_hold(p_account bigint, p_key text) RETURNS public.points_hold
    LANGUAGE plpgsql
    AS $$
DECLARE
    h points_hold;
BEGIN
    SELECT * INTO h FROM points_hold WHERE account_id = p_account AND key = p_key;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT006', MESSAGE = 'no such hold',
            DETAIL = json_build_object('hold', p_key);
    END IF;
    RETURN h;
END $$;

CREATE FUNCTION public.points_give_back(p_account bigint, p_taker integer, p_points integer, p_at timestamp with time zone, p_grace_until timestamp with time zone, p_last_seq integer, OUT pieces jsonb, OUT last_seq integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    x record;
    v_left integer := p_points;
    v_points integer;
    v_lot integer;
    v_ended boolean;
    v_expires_at timestamptz;
BEGIN
    pieces := '[]';
    last_seq := p_last_seq;
    FOR x IN
        SELECT al.position, al.lot, al.points - al.returned AS points, l.expires_at
        FROM points_allocation al JOIN points_lot l ON l.account_id = al.account_id AND l.seq = al.lot
        WHERE al.account_id = p_account AND al.taker = p_taker AND al.returned < al.points
        ORDER BY al.position DESC
    LOOP
        v_points := least(x.points, v_left);
        v_ended := coalesce(x.expires_at <= p_at, false);
        UPDATE points_allocation SET returned = returned + v_points
        WHERE account_id = p_account AND taker = p_taker AND position = x.position;
        IF v_ended AND p_grace_until IS NOT NULL THEN
            last_seq := last_seq + 1;
            v_lot := last_seq;
            v_expires_at := p_grace_until;
            INSERT INTO points_lot (account_id, seq, points, remaining, active_from, expires_at, origin)
            VALUES (p_account, v_lot, v_points, v_points, p_at, p_grace_until, x.lot);
        ELSE
            v_lot := x.lot;
            v_expires_at := x.expires_at;
            UPDATE points_lot SET remaining = remaining + v_points WHERE account_id = p_account AND seq = x.lot;
        END IF;
        pieces := pieces || jsonb_build_object(
            'lot', v_lot, 'points', v_points, 'expires_at', v_expires_at,
            'grace', v_ended AND p_grace_until IS NOT NULL
        );
        v_left := v_left - v_points;
        EXIT WHEN v_left = 0;
    END LOOP;
    IF v_left > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'PT004', MESSAGE = 'more than was spent',
            DETAIL = json_build_object('asked', p_points, 'left', p_points - v_left);
    END IF;
END $$;

CREATE TABLE public.points_account (
    account_id bigint NOT NULL,
    last_seq integer NOT NULL,
    head bytea NOT NULL,
    unspent bigint NOT NULL,
    held bigint NOT NULL,
    debt bigint NOT NULL,
    lifetime_earned bigint NOT NULL,
    pending_until timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    CONSTRAINT points_account_not_negative CHECK ((LEAST((last_seq)::bigint, unspent, held, debt, lifetime_earned) >= 0))
)
WITH (fillfactor='70');

CREATE FUNCTION public.points_lock(p_account bigint, p_wait_ms integer) RETURNS public.points_account
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wait text := points_wait(p_wait_ms);
    a points_account;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    RETURN a;
END $$;

CREATE FUNCTION public.points_open(p_account bigint, p_at timestamp with time zone, p_wait_ms integer) RETURNS public.points_account
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM accounts_user WHERE id = p_account) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT007', MESSAGE = 'no such member',
            DETAIL = json_build_object('account', p_account);
    END IF;
    INSERT INTO points_account (
        account_id, last_seq, head, unspent, held, debt, lifetime_earned, pending_until, opened_at
    ) VALUES (p_account, 0, '', 0, 0, 0, 0, p_at, p_at)
    ON CONFLICT DO NOTHING;
    RETURN points_lock(p_account, p_wait_ms);
END $$;

CREATE FUNCTION public.points_outcome(p_pieces jsonb, p_paid_debt integer) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE p_paid_debt WHEN 0 THEN jsonb_build_object('pieces', p_pieces)
        ELSE jsonb_build_object('pieces', p_pieces, 'debt', p_paid_debt) END
$$;

CREATE FUNCTION public.points_pay_debt(p_account bigint, p_points bigint, p_at timestamp with time zone, p_own integer DEFAULT NULL::integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    x record;
    v_paid integer := 0;
BEGIN
    FOR x IN
        SELECT e.seq, -e.points - coalesce(sum(al.points), 0) AS owed
        FROM points_entry e LEFT JOIN points_allocation al ON al.account_id = e.account_id AND al.taker = e.seq
        WHERE e.account_id = p_account AND e.points < 0 AND e.reverses IS NOT NULL
        GROUP BY e.seq, e.points HAVING -e.points > coalesce(sum(al.points), 0)
        ORDER BY e.seq
    LOOP
        EXIT WHEN v_paid = p_points;
        v_paid := v_paid + points_collect(p_account, x.seq, least(x.owed, p_points - v_paid), p_at, p_own);
    END LOOP;
    RETURN v_paid;
END $$;

CREATE FUNCTION public.points_post(a public.points_account, p_seq integer, p_last_seq integer, p_kind text, p_points integer, p_unspent bigint, p_debt bigint, p_at timestamp with time zone, p_key text, p_source text, p_reason text, p_by text, p_breakdown jsonb, p_reverses integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_balance bigint := a.unspent + p_unspent + a.held - a.debt - p_debt;
BEGIN
    INSERT INTO points_entry (
        account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, breakdown, reverses,
        hash
    ) VALUES (
        a.account_id, p_seq, p_kind, p_points, v_balance, p_at, p_key, p_source, p_reason, p_by, '', p_breakdown,
        p_reverses, points_entry_hash(
            a.head, a.account_id, p_seq, p_kind, p_points, v_balance, p_at, p_key, p_source, p_reason, p_by, '',
            p_breakdown, NULL, NULL, NULL, p_reverses
        )
    ) RETURNING hash INTO a.head;
    UPDATE points_account SET
        last_seq = p_last_seq, head = a.head, unspent = unspent + p_unspent, debt = debt + p_debt,
        pending_until = greatest(pending_until, p_at)
    WHERE account_id = a.account_id;
    RETURN v_balance;
END $$;

CREATE FUNCTION public.points_refuse(p_account bigint, p_points integer, p_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'PT001', MESSAGE = 'not enough points',
        DETAIL = json_build_object('needed', p_points, 'available', points_spendable(p_account, p_at));
END $$;

CREATE FUNCTION public.points_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'PT008', MESSAGE = 'points entries cannot be changed or deleted';
END $$;

CREATE TABLE public.points_entry (
    seq integer NOT NULL,
    kind character varying(16) NOT NULL,
    points integer NOT NULL,
    balance_after bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    key character varying(128) NOT NULL,
    source character varying(64) NOT NULL,
    reason character varying(200) NOT NULL,
    by character varying(64) NOT NULL,
    rule_version character varying(32) NOT NULL,
    breakdown jsonb,
    active_from timestamp with time zone,
    expires_at timestamp with time zone,
    hold_seq integer,
    reverses integer,
    hash bytea NOT NULL,
    account_id bigint NOT NULL,
    CONSTRAINT points_entry_sound CHECK (public.points_entry_sound((kind)::text, points, hold_seq, reverses))
);

CREATE FUNCTION public.points_replay(p_account bigint, p_key text, p_kind text, p_points integer, p_source text, p_hold integer DEFAULT NULL::integer, p_reverses integer DEFAULT NULL::integer) RETURNS public.points_entry
    LANGUAGE plpgsql
    AS $$
DECLARE
    e points_entry;
BEGIN
    SELECT * INTO e FROM points_entry WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        IF (e.kind, e.points, e.source) = (p_kind, p_points, p_source)
            AND e.hold_seq IS NOT DISTINCT FROM p_hold AND e.reverses IS NOT DISTINCT FROM p_reverses
        THEN
            RETURN e;
        END IF;
    ELSIF NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
        AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'PT002', MESSAGE = 'key used for something else',
        DETAIL = json_build_object('key', p_key);
END $$;

CREATE FUNCTION public.points_spendable(p_account bigint, p_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_spendable bigint;
    v_pending_until timestamptz;
BEGIN
    SELECT unspent - coalesce(
        (SELECT sum(remaining) FROM points_lot WHERE account_id = p_account AND open AND expires_at <= p_at), 0
    ), pending_until
    INTO v_spendable, v_pending_until FROM points_account WHERE account_id = p_account;
    IF v_pending_until > p_at THEN
        SELECT v_spendable - coalesce(sum(remaining), 0) INTO v_spendable
        FROM points_lot WHERE account_id = p_account AND open AND active_from > p_at;
    END IF;
    RETURN coalesce(v_spendable, 0);
END $$;

CREATE FUNCTION public.points_take(p_account bigint, p_taker integer, p_points integer, p_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    SET enable_sort TO 'off'
    AS $$
DECLARE
    l record;
    v_needed integer := p_points;
    v_position integer := 0;
BEGIN
    FOR l IN
        -- IS NOT FALSE and not OR: the index then gives the lots one by one, in this order
        SELECT seq, remaining FROM points_lot
        WHERE account_id = p_account AND open AND active_from <= p_at AND (expires_at > p_at) IS NOT FALSE
        ORDER BY expires_at, active_from, seq
    LOOP
        l.remaining := least(l.remaining, v_needed);
        v_position := v_position + 1;
        UPDATE points_lot SET remaining = remaining - l.remaining WHERE account_id = p_account AND seq = l.seq;
        INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
        VALUES (p_account, p_taker, v_position, l.seq, l.remaining, 0);
        v_needed := v_needed - l.remaining;
        IF v_needed = 0 THEN
            RETURN v_position;
        END IF;
    END LOOP;
    RETURN points_refuse(p_account, p_points, p_at);
END $$;

CREATE FUNCTION public.points_wait(p_wait_ms integer) RETURNS text
    LANGUAGE sql
    AS $$
    SELECT CASE current_setting('lock_timeout') WHEN '0' THEN set_config('lock_timeout', p_wait_ms::text, true) END
$$;

CREATE TABLE public.accounts_address (
    id bigint NOT NULL,
    name text NOT NULL,
    phone text NOT NULL,
    region_code character varying(6) NOT NULL,
    province character varying(32) NOT NULL,
    city character varying(32) NOT NULL,
    district character varying(32) NOT NULL,
    detail text NOT NULL,
    label character varying(8) NOT NULL,
    is_default boolean NOT NULL,
    member_id bigint NOT NULL,
    CONSTRAINT address_region_code CHECK (((region_code)::text ~ '^[0-9]{6}$'::text))
);

ALTER TABLE public.accounts_address ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_address_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_user (
    id bigint NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(32),
    email character varying(254),
    phone character varying(16),
    phone_verified boolean NOT NULL,
    nickname character varying(32) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    CONSTRAINT user_has_a_name CHECK (((username IS NOT NULL) OR (email IS NOT NULL) OR (phone IS NOT NULL))),
    CONSTRAINT user_names_not_empty CHECK (((NOT (((username)::text = ''::text) AND (username IS NOT NULL))) AND (NOT (((email)::text = ''::text) AND (email IS NOT NULL))) AND (NOT (((phone)::text = ''::text) AND (phone IS NOT NULL)))))
);

CREATE TABLE public.accounts_user_groups (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    group_id integer NOT NULL
);

ALTER TABLE public.accounts_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.accounts_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_user_user_permissions (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.accounts_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.activities_signin (
    id bigint NOT NULL,
    local_date date NOT NULL,
    day integer NOT NULL,
    points integer NOT NULL,
    at timestamp with time zone NOT NULL,
    member_id bigint NOT NULL,
    CONSTRAINT activities_signin_day_check CHECK ((day >= 0)),
    CONSTRAINT activities_signin_points_check CHECK ((points >= 0)),
    CONSTRAINT sign_in_day_from_1 CHECK ((day >= 1)),
    CONSTRAINT sign_in_points_positive CHECK ((points > 0))
);

ALTER TABLE public.activities_signin ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.activities_signin_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);

ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);

ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_category (
    id bigint NOT NULL,
    code character varying(40) NOT NULL,
    name character varying(40) NOT NULL,
    name_en character varying(60) NOT NULL,
    "position" integer NOT NULL,
    icon character varying(40) NOT NULL,
    parent_id bigint,
    CONSTRAINT catalog_category_position_check CHECK (("position" >= 0)),
    CONSTRAINT category_code_plain CHECK (((code)::text ~ '^[a-z0-9_-]+$'::text)),
    CONSTRAINT category_not_own_parent CHECK (((parent_id IS NULL) OR (NOT ((parent_id = id) AND (parent_id IS NOT NULL)))))
);

ALTER TABLE public.catalog_category ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_category_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_product (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    name_en character varying(120) NOT NULL,
    brand character varying(40) NOT NULL,
    spec character varying(80) NOT NULL,
    model_no character varying(40) NOT NULL,
    description text NOT NULL,
    market_price_fen integer,
    parameters jsonb NOT NULL,
    options jsonb NOT NULL,
    is_listed boolean NOT NULL,
    listed_at timestamp with time zone,
    "position" integer NOT NULL,
    redeemed_count integer NOT NULL,
    lowest_points integer,
    lowest_mixed_points integer,
    lowest_mixed_fen integer,
    search_text text GENERATED ALWAYS AS (lower(((COALESCE(name, ''::character varying))::text || COALESCE((COALESCE(' '::text, ''::text) || COALESCE(((COALESCE(name_en, ''::character varying))::text || COALESCE((COALESCE(' '::text, ''::text) || COALESCE(((COALESCE(brand, ''::character varying))::text || COALESCE((COALESCE(' '::text, ''::text) || (COALESCE(model_no, ''::character varying))::text), ''::text)), ''::text)), ''::text)), ''::text)), ''::text)))) STORED,
    category_id bigint NOT NULL,
    CONSTRAINT catalog_product_lowest_mixed_fen_check CHECK ((lowest_mixed_fen >= 0)),
    CONSTRAINT catalog_product_lowest_mixed_points_check CHECK ((lowest_mixed_points >= 0)),
    CONSTRAINT catalog_product_lowest_points_check CHECK ((lowest_points >= 0)),
    CONSTRAINT catalog_product_market_price_fen_check CHECK ((market_price_fen >= 0)),
    CONSTRAINT product_listed_has_date CHECK (((NOT is_listed) OR (listed_at IS NOT NULL))),
    CONSTRAINT product_listed_has_price CHECK (((NOT is_listed) OR (lowest_points IS NOT NULL) OR (lowest_mixed_points IS NOT NULL))),
    CONSTRAINT product_lowest_mixed_whole CHECK ((((lowest_mixed_fen IS NULL) AND (lowest_mixed_points IS NULL)) OR ((lowest_mixed_fen IS NOT NULL) AND (lowest_mixed_points IS NOT NULL)))),
    CONSTRAINT product_market_price_positive CHECK (((market_price_fen IS NULL) OR (market_price_fen > 0)))
);

ALTER TABLE public.catalog_product ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_product_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_productimage (
    id bigint NOT NULL,
    image character varying(120) NOT NULL,
    alt character varying(200) NOT NULL,
    "position" integer NOT NULL,
    product_id bigint NOT NULL,
    CONSTRAINT catalog_productimage_position_check CHECK (("position" >= 0))
);

ALTER TABLE public.catalog_productimage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_productimage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_sku (
    id bigint NOT NULL,
    code character varying(40) NOT NULL,
    options jsonb NOT NULL,
    points_price integer,
    mixed_points integer,
    mixed_fen integer,
    stock integer NOT NULL,
    low_stock_at integer NOT NULL,
    "position" integer NOT NULL,
    product_id bigint NOT NULL,
    CONSTRAINT catalog_sku_low_stock_at_check CHECK ((low_stock_at >= 0)),
    CONSTRAINT catalog_sku_mixed_fen_check CHECK ((mixed_fen >= 0)),
    CONSTRAINT catalog_sku_mixed_points_check CHECK ((mixed_points >= 0)),
    CONSTRAINT catalog_sku_points_price_check CHECK ((points_price >= 0)),
    CONSTRAINT catalog_sku_position_check CHECK (("position" >= 0)),
    CONSTRAINT sku_has_a_way CHECK (((points_price IS NOT NULL) OR (mixed_points IS NOT NULL))),
    CONSTRAINT sku_mixed_whole CHECK ((((mixed_fen IS NULL) AND (mixed_points IS NULL)) OR ((mixed_fen > 0) AND (mixed_fen IS NOT NULL) AND (mixed_points > 0) AND (mixed_points IS NOT NULL)))),
    CONSTRAINT sku_points_price_positive CHECK (((points_price IS NULL) OR (points_price > 0))),
    CONSTRAINT sku_stock_not_negative CHECK ((stock >= 0))
);

ALTER TABLE public.catalog_sku ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_sku_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_stockmovement (
    id bigint NOT NULL,
    delta integer NOT NULL,
    stock_after integer NOT NULL,
    reason character varying(16) NOT NULL,
    note character varying(200) NOT NULL,
    source character varying(64) NOT NULL,
    key character varying(128) NOT NULL,
    by character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    sku_id bigint NOT NULL,
    CONSTRAINT movement_key_not_empty CHECK ((NOT ((key)::text = ''::text))),
    CONSTRAINT movement_not_zero CHECK ((NOT (delta = 0))),
    CONSTRAINT movement_stock_not_negative CHECK ((stock_after >= 0))
);

ALTER TABLE public.catalog_stockmovement ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_stockmovement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.core_auditevent (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    by character varying(64) NOT NULL,
    event character varying(64) NOT NULL,
    subject character varying(64) NOT NULL,
    data jsonb NOT NULL
);

ALTER TABLE public.core_auditevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.core_auditevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.core_outboxmessage (
    id bigint NOT NULL,
    topic character varying(64) NOT NULL,
    key character varying(128) NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    next_try_at timestamp with time zone NOT NULL,
    tries integer NOT NULL,
    handled_at timestamp with time zone,
    last_error text NOT NULL,
    CONSTRAINT core_outboxmessage_tries_check CHECK ((tries >= 0))
);

ALTER TABLE public.core_outboxmessage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.core_outboxmessage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);

ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);

ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_carrier (
    id bigint NOT NULL,
    code character varying(32) NOT NULL,
    name character varying(64) NOT NULL,
    name_en character varying(64) NOT NULL,
    is_active boolean NOT NULL,
    "position" smallint NOT NULL,
    CONSTRAINT orders_carrier_position_check CHECK (("position" >= 0))
);

ALTER TABLE public.orders_carrier ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_carrier_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_cartline (
    id bigint NOT NULL,
    way character varying(16) NOT NULL,
    quantity smallint NOT NULL,
    added_at timestamp with time zone NOT NULL,
    member_id bigint NOT NULL,
    sku_id bigint NOT NULL,
    CONSTRAINT cart_line_quantity_in_range CHECK (((quantity >= 1) AND (quantity <= 99))),
    CONSTRAINT orders_cartline_quantity_check CHECK ((quantity >= 0))
);

ALTER TABLE public.orders_cartline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_cartline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_order (
    id bigint NOT NULL,
    number character varying(20) NOT NULL,
    state character varying(16) NOT NULL,
    form_key uuid NOT NULL,
    points bigint NOT NULL,
    cash_fen bigint NOT NULL,
    goods_points bigint NOT NULL,
    goods_fen bigint NOT NULL,
    shipping_fen bigint NOT NULL,
    sums jsonb NOT NULL,
    returned jsonb NOT NULL,
    ship_name text NOT NULL,
    ship_phone text NOT NULL,
    ship_address text NOT NULL,
    ship_region_code character varying(12) NOT NULL,
    ship_phone_hash character varying(64) NOT NULL,
    note character varying(200) NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    pay_before timestamp with time zone,
    paid_at timestamp with time zone,
    shipped_at timestamp with time zone,
    received_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    cancel_reason character varying(16) NOT NULL,
    cancel_note character varying(200) NOT NULL,
    member_id bigint NOT NULL,
    CONSTRAINT order_cancel_reason_known CHECK (((cancel_reason)::text = ANY ((ARRAY[''::character varying, 'member'::character varying, 'shop'::character varying, 'timeout'::character varying])::text[]))),
    CONSTRAINT order_cash_within_sums CHECK ((cash_fen <= (goods_fen + shipping_fen))),
    CONSTRAINT order_costs_something CHECK (((points > 0) OR (cash_fen > 0))),
    CONSTRAINT order_state_known CHECK (((state)::text = ANY ((ARRAY['pending_payment'::character varying, 'to_ship'::character varying, 'shipped'::character varying, 'completed'::character varying, 'cancelled'::character varying])::text[]))),
    CONSTRAINT order_sums_not_negative CHECK (((cash_fen >= 0) AND (goods_fen >= 0) AND (goods_points >= 0) AND (points >= 0) AND (shipping_fen >= 0))),
    CONSTRAINT order_unpaid_has_deadline CHECK (((NOT ((state)::text = 'pending_payment'::text)) OR ((cash_fen > 0) AND (pay_before IS NOT NULL)))),
    CONSTRAINT orders_order_cash_fen_check CHECK ((cash_fen >= 0)),
    CONSTRAINT orders_order_goods_fen_check CHECK ((goods_fen >= 0)),
    CONSTRAINT orders_order_goods_points_check CHECK ((goods_points >= 0)),
    CONSTRAINT orders_order_points_check CHECK ((points >= 0)),
    CONSTRAINT orders_order_shipping_fen_check CHECK ((shipping_fen >= 0))
);

ALTER TABLE public.orders_order ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_order_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_orderitem (
    id bigint NOT NULL,
    product_name character varying(200) NOT NULL,
    product_name_en character varying(200) NOT NULL,
    sku_label character varying(200) NOT NULL,
    image character varying(255) NOT NULL,
    way character varying(16) NOT NULL,
    unit_points bigint NOT NULL,
    unit_fen bigint NOT NULL,
    quantity smallint NOT NULL,
    "position" smallint NOT NULL,
    order_id bigint NOT NULL,
    sku_id bigint NOT NULL,
    CONSTRAINT order_item_costs_something CHECK ((((unit_fen >= 0) AND (unit_points > 0)) OR ((unit_fen > 0) AND (unit_points = 0)))),
    CONSTRAINT order_item_quantity_positive CHECK ((quantity >= 1)),
    CONSTRAINT orders_orderitem_position_check CHECK (("position" >= 0)),
    CONSTRAINT orders_orderitem_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT orders_orderitem_unit_fen_check CHECK ((unit_fen >= 0)),
    CONSTRAINT orders_orderitem_unit_points_check CHECK ((unit_points >= 0))
);

ALTER TABLE public.orders_orderitem ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_orderitem_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_ordermove (
    id bigint NOT NULL,
    from_state character varying(16) NOT NULL,
    to_state character varying(16) NOT NULL,
    at timestamp with time zone NOT NULL,
    by character varying(64) NOT NULL,
    reason character varying(200) NOT NULL,
    order_id bigint NOT NULL
);

ALTER TABLE public.orders_ordermove ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_ordermove_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_payment (
    id bigint NOT NULL,
    provider character varying(16) NOT NULL,
    reference character varying(32) NOT NULL,
    amount_fen bigint NOT NULL,
    state character varying(16) NOT NULL,
    provider_id character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    paid_at timestamp with time zone,
    refunded_at timestamp with time zone,
    next_ask_at timestamp with time zone,
    refund_tries smallint NOT NULL,
    order_id bigint NOT NULL,
    CONSTRAINT orders_payment_amount_fen_check CHECK ((amount_fen >= 0)),
    CONSTRAINT orders_payment_refund_tries_check CHECK ((refund_tries >= 0)),
    CONSTRAINT payment_amount_positive CHECK ((amount_fen > 0)),
    CONSTRAINT payment_refund_has_next_try CHECK (((NOT ((state)::text = 'refunding'::text)) OR (next_ask_at IS NOT NULL))),
    CONSTRAINT payment_state_known CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'paid'::character varying, 'failed'::character varying, 'closed'::character varying, 'refunding'::character varying, 'refunded'::character varying, 'disputed'::character varying, 'refund_refused'::character varying])::text[])))
);

ALTER TABLE public.orders_payment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_payment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_paymentnotification (
    id bigint NOT NULL,
    provider character varying(16) NOT NULL,
    event_id character varying(64),
    state character varying(16) NOT NULL,
    reason character varying(64) NOT NULL,
    outcome character varying(16) NOT NULL,
    provider_id character varying(64) NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    worked_at timestamp with time zone,
    payment_id bigint,
    CONSTRAINT payment_notification_known CHECK ((((state)::text = 'refused'::text) OR ((event_id IS NOT NULL) AND (payment_id IS NOT NULL))))
);

ALTER TABLE public.orders_paymentnotification ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_paymentnotification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_sandboxcharge (
    id bigint NOT NULL,
    merchant character varying(32) NOT NULL,
    reference character varying(32) NOT NULL,
    amount_fen bigint NOT NULL,
    state character varying(8) NOT NULL,
    event_id uuid NOT NULL,
    notify_url character varying(500) NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    notified_at timestamp with time zone,
    tries smallint NOT NULL,
    refunded_fen bigint NOT NULL,
    refunds jsonb NOT NULL,
    CONSTRAINT orders_sandboxcharge_amount_fen_check CHECK ((amount_fen >= 0)),
    CONSTRAINT orders_sandboxcharge_refunded_fen_check CHECK ((refunded_fen >= 0)),
    CONSTRAINT orders_sandboxcharge_tries_check CHECK ((tries >= 0)),
    CONSTRAINT sandbox_refund_within_charge CHECK (((amount_fen > 0) AND (refunded_fen >= 0) AND (refunded_fen <= amount_fen)))
);

ALTER TABLE public.orders_sandboxcharge ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_sandboxcharge_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_shipment (
    id bigint NOT NULL,
    tracking_number character varying(32) NOT NULL,
    shipped_at timestamp with time zone NOT NULL,
    by character varying(64) NOT NULL,
    carrier_id bigint NOT NULL,
    order_id bigint NOT NULL
);

ALTER TABLE public.orders_shipment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_shipment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.points_adjustment (
    id bigint NOT NULL,
    points integer NOT NULL,
    reason character varying(16) NOT NULL,
    note character varying(200) NOT NULL,
    state character varying(8) NOT NULL,
    form_key character varying(64) NOT NULL,
    requested_by character varying(64) NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    decided_by character varying(64) NOT NULL,
    decided_at timestamp with time zone,
    answer character varying(200) NOT NULL,
    entry_seq integer,
    member_id bigint NOT NULL,
    CONSTRAINT points_adjustment_moves CHECK ((NOT (points = 0))),
    CONSTRAINT points_adjustment_state CHECK ((((decided_at IS NULL) AND ((decided_by)::text = ''::text) AND (entry_seq IS NULL) AND ((state)::text = 'pending'::text)) OR ((decided_at IS NULL) AND ((decided_by)::text = ''::text) AND (entry_seq IS NOT NULL) AND ((state)::text = 'done'::text)) OR ((decided_at IS NOT NULL) AND (entry_seq IS NOT NULL) AND ((state)::text = 'approved'::text) AND (NOT ((decided_by)::text = ''::text))) OR ((decided_at IS NOT NULL) AND (entry_seq IS NULL) AND ((state)::text = 'refused'::text) AND (NOT ((decided_by)::text = ''::text))))),
    CONSTRAINT points_adjustment_two_people CHECK ((NOT ((decided_by)::text = (requested_by)::text)))
);

ALTER TABLE public.points_adjustment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.points_adjustment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.points_allocation (
    taker integer NOT NULL,
    "position" integer NOT NULL,
    lot integer NOT NULL,
    points integer NOT NULL,
    returned integer NOT NULL,
    account_id bigint NOT NULL,
    CONSTRAINT points_allocation_returned CHECK (((points > 0) AND (returned >= 0) AND (returned <= points)))
);

CREATE TABLE public.points_auditrun (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    by character varying(64) NOT NULL,
    accounts bigint NOT NULL,
    entries bigint NOT NULL,
    break_count integer NOT NULL,
    breaks jsonb NOT NULL,
    took_ms bigint NOT NULL,
    CONSTRAINT points_audit_run_counts CHECK (((accounts >= 0) AND (break_count >= 0) AND (entries >= 0) AND (took_ms >= 0)))
);

ALTER TABLE public.points_auditrun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.points_auditrun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.points_bulkgrant (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    digest character varying(64) NOT NULL,
    content bytea NOT NULL,
    reason character varying(16) NOT NULL,
    skip_refused boolean NOT NULL,
    state character varying(8) NOT NULL,
    problem character varying(200) NOT NULL,
    good_lines integer NOT NULL,
    total_points bigint NOT NULL,
    refused_lines integer NOT NULL,
    refused jsonb NOT NULL,
    cursor integer NOT NULL,
    granted integer NOT NULL,
    repeated integer NOT NULL,
    requested_by character varying(64) NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    decided_by character varying(64) NOT NULL,
    decided_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT points_bulk_grant_counts CHECK (((good_lines >= 0) AND (granted >= 0) AND (refused_lines >= 0) AND (repeated >= 0) AND (total_points >= 0))),
    CONSTRAINT points_bulk_grant_cursor CHECK (((cursor >= 0) AND (cursor <= good_lines))),
    CONSTRAINT points_bulk_grant_two_people CHECK ((NOT ((decided_by)::text = (requested_by)::text)))
);

ALTER TABLE public.points_bulkgrant ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.points_bulkgrant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.points_expiry_policy (
    starts_on date NOT NULL,
    kind character varying(10) NOT NULL,
    months smallint NOT NULL,
    unit character varying(7) NOT NULL,
    announced_at timestamp with time zone NOT NULL,
    by character varying(64) NOT NULL,
    CONSTRAINT points_expiry_policy_months CHECK ((months <= 120)),
    CONSTRAINT points_expiry_policy_months_check CHECK ((months >= 0)),
    CONSTRAINT points_expiry_policy_whole CHECK (((((kind)::text = 'per_lot'::text) AND (months >= 1) AND ((unit)::text = 'day'::text)) OR (((kind)::text = 'period_end'::text) AND ((unit)::text = ANY ((ARRAY['month'::character varying, 'quarter'::character varying, 'year'::character varying])::text[]))) OR (((kind)::text = 'activity'::text) AND (months >= 1) AND ((unit)::text = 'month'::text)) OR (((kind)::text = 'never'::text) AND (months = 0) AND ((unit)::text = ''::text))))
);

CREATE TABLE public.points_expiry_warning (
    ends_on date NOT NULL,
    days smallint NOT NULL,
    points bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    account_id bigint NOT NULL,
    CONSTRAINT points_expiry_warning_days_check CHECK ((days >= 0)),
    CONSTRAINT points_expiry_warning_points CHECK ((points > 0))
);

CREATE TABLE public.points_lot (
    seq integer NOT NULL,
    points integer NOT NULL,
    remaining integer NOT NULL,
    open boolean GENERATED ALWAYS AS ((remaining > 0)) STORED,
    active_from timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    origin integer,
    account_id bigint NOT NULL,
    CONSTRAINT points_lot_sound CHECK (((expires_at > active_from) AND (points > 0) AND (remaining >= 0) AND (remaining <= points)))
)
WITH (fillfactor='80');

INSERT INTO public.accounts_address VALUES (1, 'gAAAAABrDZQ8JSh9MET1U9lZGGxgSsF9ZSa-YHO4D6TrzZx_ElSN7yiNDKIcBhCbHJtTe4mumWOoN4p85ca1e010aAlYSHu9HQ==', 'gAAAAABrDZQ85vdWbsT-0JJGqswwcZQ0yEho4IejI5Q99xChnh-SfsntaujG69NFNK5fv99ctrPl10fiF6_776AnLHAT7Y8HHw==', '110105', '北京市', '北京市', '朝阳区', 'gAAAAABrDZQ8N1NoawqqImgn3uh1--4eH_8RO9e_x17ojwTQIsaoQS5XyYs3IWKyYGJOQu0lgRfJd7b7in_iCLJVqp_Bk7spGGRt6TFiD584nKdgyXA8v0YPpDjAkW-tMWyTD9W166QZ', '', true, 3);
INSERT INTO public.accounts_address VALUES (2, 'gAAAAABrDZQ86mskrkml2IaZFmX7h0HmTQFlbBspt6laJXw9n-TNgYtZB-5q0aEnoU9FOvWiBVLA8YxR-saTSqmj-z6zj41rEA==', 'gAAAAABrDZQ88qI49tHlzEQhuG8Zc9g1zbWIwGvfz9hPa10GnJF7fwZ8Jq9pKiuirJ_El2fNKEr7pCc7sC1rzSJ10RT1fYZAgQ==', '110105', '北京市', '北京市', '朝阳区', 'gAAAAABrDZQ8dCEAFf8hFNgdnqqtCJ7K4rbBkSe57obYBZHMMF4Ac_H7-mg4qNy5TpFVhwKxbIqb0NoJZp_V2v4FK6o9dtLECKZgGk9d_0WZxlShHvXBAOVeKryJs-XR9tusWP5rcb7c', '', true, 4);
INSERT INTO public.accounts_address VALUES (3, 'gAAAAABrDZQ8a-FxSOXGpXQ2drj3Nl2WyoRIYI9hWk8uPwYAjEVq9wwKZmPV5r4RkIB7Q0a8Z0pjAR3Dpw4IG_04UeZTc44zlA==', 'gAAAAABrDZQ8BakHiULEeBhPJakm7XhQ556ubi_lMYNiyG0Wx65hJuKuQvmlwR5bqQ3E1Gn0ky0qmNGnbaj-JMWtmNYFP5H75w==', '110105', '北京市', '北京市', '朝阳区', 'gAAAAABrDZQ8p0CtYwpYRe0e8O67kWRkKKo38-ljX30fmyOd_o0HCo0DpJUPbg5-z8_KunP1OrKJCyCyPYfpkbluUk76UGz3GFNsJrUMrmPsbufHN7Vkv2KBpOBjwUJURgMPol0Et8Wk', '', true, 5);

INSERT INTO public.accounts_user VALUES (1, 'argon2$argon2id$v=19$m=102400,t=2,p=8$Tm1pZGNTcGNWYk9FaGI0WlBNYzF3cw$VNPzS47jsZzEH1iFg5Cc//QclaZfpoEhE/mViuPo9uo', NULL, true, 'admin', NULL, NULL, false, '', true, true, '2026-11-20 04:00:00+00');
INSERT INTO public.accounts_user VALUES (2, '', NULL, false, 'head', NULL, NULL, false, '', true, true, '2026-11-20 04:00:00+00');
INSERT INTO public.accounts_user VALUES (3, '!dpdMqs9VQdsD6GNoa039BzK4hpm9ctZFhpHZrC79', NULL, false, NULL, NULL, '+8613900000001', true, '', false, true, '2026-11-20 04:00:00+00');
INSERT INTO public.accounts_user VALUES (4, '!CxrHOZ978ijsqnWrHPrCRszH2tBrwcNJlIJGy4L2', NULL, false, NULL, NULL, '+8613900000002', true, '', false, true, '2026-11-20 04:00:00+00');
INSERT INTO public.accounts_user VALUES (5, '!pCRrY5wOi0eacCAShIzIZcrLYQcCd2aS9mMkCIGR', NULL, false, NULL, NULL, '+8613900000003', true, '', false, true, '2026-11-20 04:00:00+00');

INSERT INTO public.activities_signin VALUES (1, '2026-11-20', 1, 5, '2026-11-20 04:00:00+00', 4);

INSERT INTO public.catalog_category VALUES (1, 'home', '家居', '', 0, '', NULL);

INSERT INTO public.catalog_product VALUES (1, '保温杯', '', '', '', '', '', NULL, '[]', '[]', true, '2026-11-20 04:00:00+00', 0, 2, 1000, 400, 3200, DEFAULT, 1);
INSERT INTO public.catalog_product VALUES (2, '香薰蜡烛', '', '', '', '', '', NULL, '[]', '[]', true, '2026-11-20 04:00:00+00', 0, 1, 2300, NULL, NULL, DEFAULT, 1);

INSERT INTO public.catalog_sku VALUES (2, 'CANDLE', '{}', 2300, NULL, NULL, 9, 5, 0, 2);
INSERT INTO public.catalog_sku VALUES (1, 'CUP', '{}', 1000, 400, 3200, 7, 5, 0, 1);

INSERT INTO public.catalog_stockmovement VALUES (1, 10, 10, 'opening', '', '', 'opening:49f9d953531443c48324bfbdef3559ab', 'staff:1', '2026-11-20 04:00:00+00', 1);
INSERT INTO public.catalog_stockmovement VALUES (2, 10, 10, 'opening', '', '', 'opening:14b2ed55a55d4b4484e6a9140b192dce', 'staff:1', '2026-11-20 04:00:00+00', 2);
INSERT INTO public.catalog_stockmovement VALUES (3, -1, 9, 'redeemed', '', 'order:2026112027665140', 'order:2026112027665140:taken', 'member:4', '2026-11-20 04:00:00+00', 1);
INSERT INTO public.catalog_stockmovement VALUES (4, -1, 8, 'redeemed', '', 'order:2026112050153353', 'order:2026112050153353:taken', 'member:4', '2026-11-20 04:00:00+00', 1);
INSERT INTO public.catalog_stockmovement VALUES (5, -1, 9, 'redeemed', '', 'order:2026112060316444', 'order:2026112060316444:taken', 'member:5', '2026-11-20 04:00:00+00', 2);
INSERT INTO public.catalog_stockmovement VALUES (6, -1, 7, 'redeemed', '', 'order:2026112045166881', 'order:2026112045166881:taken', 'member:4', '2026-11-20 04:00:00+00', 1);
INSERT INTO public.catalog_stockmovement VALUES (7, -1, 6, 'redeemed', '', 'order:2026112049571606', 'order:2026112049571606:taken', 'member:5', '2026-11-20 04:00:00+00', 1);
INSERT INTO public.catalog_stockmovement VALUES (8, 1, 7, 'returned', '', 'order:2026112049571606', 'order:2026112049571606:returned', 'member:5', '2026-11-20 04:00:00+00', 1);

INSERT INTO public.core_auditevent VALUES (1, '2026-11-20 04:00:00+00', 'staff:1', 'category.created', 'category:1', '{"code": "home"}');
INSERT INTO public.core_auditevent VALUES (2, '2026-11-20 04:00:00+00', 'staff:1', 'product.created', 'product:1', '{}');
INSERT INTO public.core_auditevent VALUES (3, '2026-11-20 04:00:00+00', 'staff:1', 'product.listed', 'product:1', '{}');
INSERT INTO public.core_auditevent VALUES (4, '2026-11-20 04:00:00+00', 'staff:1', 'product.created', 'product:2', '{}');
INSERT INTO public.core_auditevent VALUES (5, '2026-11-20 04:00:00+00', 'staff:1', 'product.listed', 'product:2', '{}');
INSERT INTO public.core_auditevent VALUES (6, '2026-11-20 04:00:00+00', 'system:test', 'member.signed_up', 'member:3', '{}');
INSERT INTO public.core_auditevent VALUES (7, '2026-11-20 04:00:00+00', 'member:3', 'address.saved', 'member:3', '{"address": 1}');
INSERT INTO public.core_auditevent VALUES (8, '2026-11-20 04:00:00+00', 'system:test', 'member.signed_up', 'member:4', '{}');
INSERT INTO public.core_auditevent VALUES (9, '2026-11-20 04:00:00+00', 'member:4', 'address.saved', 'member:4', '{"address": 2}');
INSERT INTO public.core_auditevent VALUES (10, '2026-11-20 04:00:00+00', 'system:test', 'member.signed_up', 'member:5', '{}');
INSERT INTO public.core_auditevent VALUES (11, '2026-11-20 04:00:00+00', 'member:5', 'address.saved', 'member:5', '{"address": 3}');
INSERT INTO public.core_auditevent VALUES (12, '2026-11-20 04:00:00+00', 'staff:1', 'order.shipped', 'order:2026112050153353', '{"carrier": "shunfeng", "tracking_number": "SF1234567890"}');
INSERT INTO public.core_auditevent VALUES (13, '2026-11-20 04:00:00+00', 'staff:1', 'order.shipped', 'order:2026112060316444', '{"carrier": "shunfeng", "tracking_number": "SF1234567891"}');
INSERT INTO public.core_auditevent VALUES (14, '2026-11-20 04:00:00+00', 'member:5', 'order.cancelled', 'order:2026112049571606', '{"note": "", "points": 400, "reason": "member", "refunded_fen": 0}');
INSERT INTO public.core_auditevent VALUES (15, '2026-11-20 04:00:00+00', 'staff:1', 'points.adjustment_requested', 'member:4', '{"points": 300, "reason": "event", "adjustment": 1}');
INSERT INTO public.core_auditevent VALUES (16, '2026-11-20 04:00:00+00', 'staff:1', 'points.adjusted', 'member:4', '{"points": 300, "reason": "event", "adjustment": 1}');
INSERT INTO public.core_auditevent VALUES (17, '2026-11-20 04:00:00+00', 'staff:1', 'points.adjustment_requested', 'member:5', '{"points": 200000, "reason": "event", "adjustment": 2}');
INSERT INTO public.core_auditevent VALUES (18, '2026-11-20 04:00:00+00', 'staff:1', 'points.adjustment_requested', 'member:5', '{"points": 100001, "reason": "event", "adjustment": 3}');
INSERT INTO public.core_auditevent VALUES (19, '2026-11-20 04:00:00+00', 'staff:2', 'points.adjustment_approved', 'member:5', '{"points": 100001, "reason": "event", "adjustment": 3}');
INSERT INTO public.core_auditevent VALUES (20, '2026-11-20 04:00:00+00', 'staff:1', 'points.grant_requested', 'grant:1', '{"file": "e5ade54880cb1e90744fd2470676b62d8785a910c5c26b916bbf752e1edd0c7d", "lines": 0, "points": 0, "granted": 0, "refused": 0}');
INSERT INTO public.core_auditevent VALUES (21, '2026-11-20 04:00:00+00', 'staff:1', 'points.grant_started', 'grant:1', '{"file": "e5ade54880cb1e90744fd2470676b62d8785a910c5c26b916bbf752e1edd0c7d", "lines": 2, "points": 110, "granted": 0, "refused": 0}');
INSERT INTO public.core_auditevent VALUES (22, '2026-11-20 04:00:00+00', 'staff:1', 'points.granted', 'grant:1', '{"file": "e5ade54880cb1e90744fd2470676b62d8785a910c5c26b916bbf752e1edd0c7d", "lines": 2, "points": 110, "granted": 2, "refused": 0}');
INSERT INTO public.core_auditevent VALUES (23, '2026-11-20 04:00:00+00', 'staff:1', 'expiry.announced', 'expiry:2027-01-19', '{"kind": "per_lot", "unit": "day", "months": 24}');
INSERT INTO public.core_auditevent VALUES (24, '2026-11-20 04:00:00+00', 'staff:1', 'points.audited', 'ledger', '{"entries": 24, "discrepancies": 0}');

INSERT INTO public.core_outboxmessage VALUES (1, 'member.signed_up', 'signed_up:3', '{"member_id": 3}', '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', 0, '2026-11-20 04:00:00+00', '');
INSERT INTO public.core_outboxmessage VALUES (2, 'member.signed_up', 'signed_up:4', '{"member_id": 4}', '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', 0, '2026-11-20 04:00:00+00', '');
INSERT INTO public.core_outboxmessage VALUES (3, 'member.signed_up', 'signed_up:5', '{"member_id": 5}', '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', 0, '2026-11-20 04:00:00+00', '');
INSERT INTO public.core_outboxmessage VALUES (4, 'order.redeemed', 'order:2026112027665140:counted_out', '{"lines": [[1, 1]]}', '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', 0, '2026-11-20 04:00:00+00', '');
INSERT INTO public.core_outboxmessage VALUES (5, 'order.redeemed', 'order:2026112050153353:counted_out', '{"lines": [[1, 1]]}', '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', 0, '2026-11-20 04:00:00+00', '');
INSERT INTO public.core_outboxmessage VALUES (6, 'order.redeemed', 'order:2026112060316444:counted_out', '{"lines": [[2, 1]]}', '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', 0, '2026-11-20 04:00:00+00', '');

INSERT INTO public.django_migrations VALUES (1, 'contenttypes', '0001_initial', '2026-11-30 15:19:49.6653+00');
INSERT INTO public.django_migrations VALUES (2, 'contenttypes', '0002_remove_content_type_name', '2026-11-30 15:19:49.679864+00');
INSERT INTO public.django_migrations VALUES (3, 'auth', '0001_initial', '2026-11-30 15:19:49.835897+00');
INSERT INTO public.django_migrations VALUES (4, 'auth', '0002_alter_permission_name_max_length', '2026-11-30 15:19:49.858835+00');
INSERT INTO public.django_migrations VALUES (5, 'auth', '0003_alter_user_email_max_length', '2026-11-30 15:19:49.905773+00');
INSERT INTO public.django_migrations VALUES (6, 'auth', '0004_alter_user_username_opts', '2026-11-30 15:19:49.930602+00');
INSERT INTO public.django_migrations VALUES (7, 'auth', '0005_alter_user_last_login_null', '2026-11-30 15:19:49.947973+00');
INSERT INTO public.django_migrations VALUES (8, 'auth', '0006_require_contenttypes_0002', '2026-11-30 15:19:49.958653+00');
INSERT INTO public.django_migrations VALUES (9, 'auth', '0007_alter_validators_add_error_messages', '2026-11-30 15:19:49.974975+00');
INSERT INTO public.django_migrations VALUES (10, 'auth', '0008_alter_user_username_max_length', '2026-11-30 15:19:50.00677+00');
INSERT INTO public.django_migrations VALUES (11, 'auth', '0009_alter_user_last_name_max_length', '2026-11-30 15:19:50.030233+00');
INSERT INTO public.django_migrations VALUES (12, 'auth', '0010_alter_group_name_max_length', '2026-11-30 15:19:50.070728+00');
INSERT INTO public.django_migrations VALUES (13, 'auth', '0011_update_proxy_permissions', '2026-11-30 15:19:50.082017+00');
INSERT INTO public.django_migrations VALUES (14, 'auth', '0012_alter_user_first_name_max_length', '2026-11-30 15:19:50.093227+00');
INSERT INTO public.django_migrations VALUES (15, 'accounts', '0001_initial', '2026-11-30 15:19:50.388701+00');
INSERT INTO public.django_migrations VALUES (25, 'activities', '0001_initial', '2026-11-30 15:19:51.013651+00');
INSERT INTO public.django_migrations VALUES (29, 'catalog', '0001_initial', '2026-11-30 15:19:51.637718+00');
INSERT INTO public.django_migrations VALUES (30, 'core', '0001_initial', '2026-11-30 15:19:51.840261+00');
INSERT INTO public.django_migrations VALUES (36, 'orders', '0001_initial', '2026-11-30 15:19:58.0765+00');
INSERT INTO public.django_migrations VALUES (37, 'points', '0001_initial', '2026-11-30 15:20:01.749916+00');
INSERT INTO public.django_migrations VALUES (38, 'points', '0002_expiry', '2026-11-30 15:20:02.000653+00');
INSERT INTO public.django_migrations VALUES (39, 'points', '0003_staff', '2026-11-30 15:20:02.869982+00');

INSERT INTO public.orders_carrier VALUES (1, 'shunfeng', '顺丰速运', 'SF Express', true, 0);
INSERT INTO public.orders_carrier VALUES (2, 'zhongtong', '中通快递', 'ZTO Express', true, 1);
INSERT INTO public.orders_carrier VALUES (3, 'yuantong', '圆通速递', 'YTO Express', true, 2);
INSERT INTO public.orders_carrier VALUES (4, 'shentong', '申通快递', 'STO Express', true, 3);
INSERT INTO public.orders_carrier VALUES (5, 'yunda', '韵达速递', 'Yunda Express', true, 4);
INSERT INTO public.orders_carrier VALUES (6, 'jd', '京东物流', 'JD Logistics', true, 5);
INSERT INTO public.orders_carrier VALUES (7, 'ems', 'EMS', 'EMS', true, 6);

INSERT INTO public.orders_cartline VALUES (1, 'points', 1, '2026-11-20 04:00:00+00', 4, 2);

INSERT INTO public.orders_order VALUES (1, '2026112027665140', 'to_ship', '743e2d94-dd2b-4fb2-a605-4aebad891cf1', 1000, 0, 1000, 0, 0, '[{"fen": 0, "code": "goods_points", "points": 1000}, {"fen": 0, "code": "shipping", "points": 0}]', '{}', 'gAAAAABrDZQ8YqBl4dxWOFgtPffu4iVQgihUCgH9xkH-Xa1H8Hqd6YthzRbIVIJotfy4cB4LsHY4uB55YiLlTjVrIBZCSWmZ1A==', 'gAAAAABrDZQ8NNVHiEV_p23_H2TkIHojYLAKKuiRGhh752tcz6S9QSm4pMHTnaP5LGR2Cv26ci6mqc7vCp447FQqmhRMV7h80g==', 'gAAAAABrDZQ80B9iJ3ihr9VlHw-HfJ2X36GYHvvONnzClXynqUkZHD0q8d4mV_K__AYINIYjjw6KMpUWQYRzzjdl5SVriCLdAlFx23qL_ryhuvGVZhGDCKhXOg_d-lY7Vq8R3OACmWU699wav5dOE9MYarPEnJiQ7g==', '110105', '0dd1e5d2d524c5100bde25a34621c14bcba99586a06de2cefa916b9e442fa405', '', '2026-11-20 04:00:00+00', NULL, '2026-11-20 04:00:00+00', NULL, NULL, NULL, '', '', 4);
INSERT INTO public.orders_order VALUES (2, '2026112050153353', 'shipped', '5f1c7e92-4278-42de-9caa-7bceb0b70b71', 1000, 0, 1000, 0, 0, '[{"fen": 0, "code": "goods_points", "points": 1000}, {"fen": 0, "code": "shipping", "points": 0}]', '{}', 'gAAAAABrDZQ8RF_nP_26xsfDCASjKCjo7m0QUE4iJoXtMd-X_I0PmI0QZpajE8ajwOW_HRsPwBwLP3xrzMtRM3cU7VMOI6y2uA==', 'gAAAAABrDZQ8pHJYEodqKVfB-aAjFcswkCjhFN5LSTc_8AaWEtVUn6tqRJ9QIxICzG0M0zDqZ_eo3fHDZ0Z2GoJJjUv951zo9g==', 'gAAAAABrDZQ8b9-IFSHdvuLWnM9XZkDnPotS6pm7tDLzaS9L0kAIIu3LKMAU4CreqQ57vh0Lfp_rUmdr9oJ967QlwgJ6gFB-1ZtjvNujU6g9JvYsdUl_1dU13YZlqgnJeYhv2oE5bRSKNUCnuDYWG5jETAGvj5KWaA==', '110105', '0dd1e5d2d524c5100bde25a34621c14bcba99586a06de2cefa916b9e442fa405', '', '2026-11-20 04:00:00+00', NULL, '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', NULL, NULL, '', '', 4);
INSERT INTO public.orders_order VALUES (3, '2026112060316444', 'completed', '5687086f-633f-4720-b10b-739189d7c71d', 2300, 0, 2300, 0, 0, '[{"fen": 0, "code": "goods_points", "points": 2300}, {"fen": 0, "code": "shipping", "points": 0}]', '{}', 'gAAAAABrDZQ8nfMriMOV9m-Y-K_VhskS2LawnTL1-v6OAgOnq5PvnOJCjzOlZXDq111O2B8dgHmEidpqTerhhbVvkzyoUDT1AQ==', 'gAAAAABrDZQ8QBi5rfzjyit1RD4UhVlRncd6MIcOTRPIdXUZZY9TM3oMNRrZmYkkV2LmFr87erbKCz8vhr6ufhDFNJfVWyfJqw==', 'gAAAAABrDZQ8dBqyShPOcaFVyYoKVN2YJC2YpykHvvA7Y_YSz_YRcV6KcCSQPKpOU9z6I6Z_Meqduwxg0dpqANc0eu58AJRsN7lrFHhLW_fYZdcyK3-jEkg-WaPexUbB-PRR56wHltsezohRj3qZZfdZMExlcCTUIw==', '110105', '32b28afb74ffa67d0d22b0fe8b9a445698ec0de946637c41a794faef7e88e8c6', '', '2026-11-20 04:00:00+00', NULL, '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00', NULL, '', '', 5);
INSERT INTO public.orders_order VALUES (4, '2026112045166881', 'pending_payment', '3239a911-89f0-4110-8747-df389a5ba246', 400, 3200, 400, 3200, 0, '[{"fen": 0, "code": "goods_points", "points": 400}, {"fen": 3200, "code": "goods_cash", "points": 0}, {"fen": 0, "code": "shipping", "points": 0}]', '{}', 'gAAAAABrDZQ8YF8hEKV_a-se5J7XCheKuwJPhMLUtLpiSlBgvaF0m6WrfD-AJwjzpRyYXD_htO1kdAaGV9Np3vI8AcNekn4JuA==', 'gAAAAABrDZQ8V-xvenwtA0QPOkwLmCGlDvbxdC4FNiCptahcyk5BVtOitpXgd0wLqriZQCDubuXXxAS-nI3sg5qKPnaeV649DA==', 'gAAAAABrDZQ8nmkzBsAZXCLgZeAOtMm_ze99pdDHUSruPp3Q-7mACXRocPyrOuGOVpS8AI66_nwaTl3B37P94SqZ4gcJCirwU_PWrf775U3X5JfhxX9UU8Sx9pGVtcLTX6AV8yhrCh1sAZWjHQR9jjumT-dmadD9qA==', '110105', '0dd1e5d2d524c5100bde25a34621c14bcba99586a06de2cefa916b9e442fa405', '', '2026-11-20 04:00:00+00', '2026-11-20 04:30:00+00', NULL, NULL, NULL, NULL, '', '', 4);
INSERT INTO public.orders_order VALUES (5, '2026112049571606', 'cancelled', 'd8c2c073-f053-4c67-baf4-cbb726a70cb9', 400, 3200, 400, 3200, 0, '[{"fen": 0, "code": "goods_points", "points": 400}, {"fen": 3200, "code": "goods_cash", "points": 0}, {"fen": 0, "code": "shipping", "points": 0}]', '{"fen": 0, "parts": [{"points": 400, "expires_at": "2027-02-18T04:00:00+00:00"}], "points": 400}', 'gAAAAABrDZQ8z386hWOPVMa2i8AehwjrtHppnomQ885D2TDLu8p3Ej_2ZfkU6JIeM4gk7Lvaz3DyPXPitMch_GH8Nyltw3B1iQ==', 'gAAAAABrDZQ8DbARx5MfxNUEYDjGpffgJ1nBv7GxvpG_rsrROWE4bKcqZ3MRU6fZJztsiAyQ2CmY6GzCrks7fKuRdID2Gc-IQQ==', 'gAAAAABrDZQ8ZKu7qBHZl5V2ndut5hf4OYJNUxL80jtDdZM4uFMAvQW_vd1co7xUm6cpAd7xu6wuoo-Lc8290lIjMMaxYS2ngypEyGYNS2ZXigXs1WyeNzc4LOQAslX1v_Wt8O8oed4KsR_862F0qQisBgdGysWBRQ==', '110105', '32b28afb74ffa67d0d22b0fe8b9a445698ec0de946637c41a794faef7e88e8c6', '', '2026-11-20 04:00:00+00', '2026-11-20 04:30:00+00', NULL, NULL, NULL, '2026-11-20 04:00:00+00', 'member', '', 5);

INSERT INTO public.orders_orderitem VALUES (1, '保温杯', '', '', '', 'points', 1000, 0, 1, 0, 1, 1);
INSERT INTO public.orders_orderitem VALUES (2, '保温杯', '', '', '', 'points', 1000, 0, 1, 0, 2, 1);
INSERT INTO public.orders_orderitem VALUES (3, '香薰蜡烛', '', '', '', 'points', 2300, 0, 1, 0, 3, 2);
INSERT INTO public.orders_orderitem VALUES (4, '保温杯', '', '', '', 'mixed', 400, 3200, 1, 0, 4, 1);
INSERT INTO public.orders_orderitem VALUES (5, '保温杯', '', '', '', 'mixed', 400, 3200, 1, 0, 5, 1);

INSERT INTO public.orders_ordermove VALUES (1, '', 'to_ship', '2026-11-20 04:00:00+00', 'member:4', '', 1);
INSERT INTO public.orders_ordermove VALUES (2, '', 'to_ship', '2026-11-20 04:00:00+00', 'member:4', '', 2);
INSERT INTO public.orders_ordermove VALUES (3, 'to_ship', 'shipped', '2026-11-20 04:00:00+00', 'staff:1', '', 2);
INSERT INTO public.orders_ordermove VALUES (4, '', 'to_ship', '2026-11-20 04:00:00+00', 'member:5', '', 3);
INSERT INTO public.orders_ordermove VALUES (5, 'to_ship', 'shipped', '2026-11-20 04:00:00+00', 'staff:1', '', 3);
INSERT INTO public.orders_ordermove VALUES (6, 'shipped', 'completed', '2026-11-20 04:00:00+00', 'member:5', '', 3);
INSERT INTO public.orders_ordermove VALUES (7, '', 'pending_payment', '2026-11-20 04:00:00+00', 'member:4', '', 4);
INSERT INTO public.orders_ordermove VALUES (8, '', 'pending_payment', '2026-11-20 04:00:00+00', 'member:5', '', 5);
INSERT INTO public.orders_ordermove VALUES (9, 'pending_payment', 'cancelled', '2026-11-20 04:00:00+00', 'member:5', '', 5);

INSERT INTO public.orders_payment VALUES (1, 'sandbox', '2026112045166881-1', 3200, 'open', '', '2026-11-20 04:00:00+00', NULL, NULL, '2026-11-20 04:02:00+00', 0, 4);
INSERT INTO public.orders_payment VALUES (2, 'sandbox', '2026112049571606-1', 3200, 'closed', '', '2026-11-20 04:00:00+00', NULL, NULL, '2026-11-20 04:02:00+00', 0, 5);

INSERT INTO public.orders_shipment VALUES (1, 'SF1234567890', '2026-11-20 04:00:00+00', 'staff:1', 1, 2);
INSERT INTO public.orders_shipment VALUES (2, 'SF1234567891', '2026-11-20 04:00:00+00', 'staff:1', 1, 3);

INSERT INTO public.points_account VALUES (4, 10, '\x0a0d7ce0f2a46c649c2d87ff6683a6e0e3959ce27de9a62c4fdb2887685d6a1e', 3155, 400, 0, 5555, '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00');
INSERT INTO public.points_account VALUES (5, 7, '\xee8a1cd5b27968c2e4b86d27925ed64c95df8e4f87c1c65edc19b618a3f556e3', 102961, 0, 0, 105261, '2026-11-20 04:00:00+00', '2026-11-20 04:00:00+00');
INSERT INTO public.points_account VALUES (3, 17, '\x5b8168afb2443bd8f8fc25ad3b6925a699a291c2b0bc0a8685bdd3b546ec463c', 140, 10, 0, 5625, '2026-12-20 04:00:00+00', '2026-11-20 04:00:00+00');

INSERT INTO public.points_adjustment VALUES (1, 300, 'event', '', 'done', '9e056aea-d55e-422d-82a6-be9d240bae56', 'staff:1', '2026-11-20 04:00:00+00', '', NULL, '', 9, 4);
INSERT INTO public.points_adjustment VALUES (2, 200000, 'event', '', 'pending', 'c7f25fee-f4fe-4e1b-b418-94ba55e206d5', 'staff:1', '2026-11-20 04:00:00+00', '', NULL, '', NULL, 5);
INSERT INTO public.points_adjustment VALUES (3, 100001, 'event', '', 'approved', '4ed3223c-c7d9-4c93-8609-ec9e59cf1809', 'staff:1', '2026-11-20 04:00:00+00', 'staff:2', '2026-11-20 04:00:00+00', '', 6, 5);

INSERT INTO public.points_allocation VALUES (7, 1, 2, 50, 50, 3);
INSERT INTO public.points_allocation VALUES (8, 1, 2, 20, 0, 3);
INSERT INTO public.points_allocation VALUES (5, 2, 2, 10, 10, 3);
INSERT INTO public.points_allocation VALUES (5, 1, 3, 100, 50, 3);
INSERT INTO public.points_allocation VALUES (11, 1, 2, 10, 0, 3);
INSERT INTO public.points_allocation VALUES (14, 1, 2, 4970, 0, 3);
INSERT INTO public.points_allocation VALUES (14, 2, 4, 200, 0, 3);
INSERT INTO public.points_allocation VALUES (14, 3, 1, 130, 0, 3);
INSERT INTO public.points_allocation VALUES (15, 1, 12, 100, 0, 3);
INSERT INTO public.points_allocation VALUES (3, 1, 2, 1000, 0, 4);
INSERT INTO public.points_allocation VALUES (5, 1, 2, 1000, 0, 4);
INSERT INTO public.points_allocation VALUES (3, 1, 2, 2300, 0, 5);
INSERT INTO public.points_allocation VALUES (7, 1, 2, 400, 0, 4);
INSERT INTO public.points_allocation VALUES (5, 1, 2, 400, 400, 5);
INSERT INTO public.points_allocation VALUES (17, 1, 13, 5, 0, 3);

INSERT INTO public.points_auditrun VALUES (1, '2026-11-20 04:00:00+00', 'staff:1', 3, 24, 0, '[]', 86);

INSERT INTO public.points_bulkgrant VALUES (1, 'event.csv', 'e5ade54880cb1e90744fd2470676b62d8785a910c5c26b916bbf752e1edd0c7d', '\xe4bc9ae591982ce7a7afe588860a2b383631333930303030303030322c35300a2b383631333930303030303030332c36300a', 'event', false, 'done', '', 2, 110, 0, '[]', 2, 2, 0, 'staff:1', '2026-11-20 04:00:00+00', '', NULL, '2026-11-20 04:00:00+00');

INSERT INTO public.points_entry VALUES (1, 'sign_up', 200, 200, '2026-11-20 04:00:00+00', 'welcome:3', '', '', 'system:sign-up', '', NULL, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, NULL, '\x492705ff6b5b0dce4cceb80f2819b7269b0e009db13e8b147a43af903eaf3708', 3);
INSERT INTO public.points_entry VALUES (1, 'sign_up', 200, 200, '2026-11-20 04:00:00+00', 'welcome:4', '', '', 'system:sign-up', '', NULL, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, NULL, '\xc4bfcf0c8611f0f739a9e4d817f23076422b84fb898b08f6d6163b70e580f6bb', 4);
INSERT INTO public.points_entry VALUES (1, 'sign_up', 200, 200, '2026-11-20 04:00:00+00', 'welcome:5', '', '', 'system:sign-up', '', NULL, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, NULL, '\x353d1000aaaa63daffd43aa8aacc6a67893c8a20586ea80bc45a8f29ab050c68', 5);
INSERT INTO public.points_entry VALUES (2, 'campaign', 5000, 5200, '2026-11-20 04:00:00+00', 'gift', '', '', 'system:test', '', NULL, '2026-11-20 04:00:00+00', '2027-02-18 04:00:00+00', NULL, NULL, '\x37feba6d7b7bd968393ad8affee2ecccd0cb73852f5e202b95d4bc387766a289', 3);
INSERT INTO public.points_entry VALUES (2, 'campaign', 5000, 5200, '2026-11-20 04:00:00+00', 'gift', '', '', 'system:test', '', NULL, '2026-11-20 04:00:00+00', '2027-02-18 04:00:00+00', NULL, NULL, '\xbaa4a98f5abb6caebfc81b71ce59fa49f8804224405f41e6b9b6c8024132e919', 4);
INSERT INTO public.points_entry VALUES (2, 'campaign', 5000, 5200, '2026-11-20 04:00:00+00', 'gift', '', '', 'system:test', '', NULL, '2026-11-20 04:00:00+00', '2027-02-18 04:00:00+00', NULL, NULL, '\x05f4f15b7dfefcd110ebdf2ea686eb16e379836bc6ead5dfe387da83dae71b49', 5);
INSERT INTO public.points_entry VALUES (3, 'campaign', 100, 5300, '2026-11-20 04:00:00+00', 'e1', '', '', 'system:test', '', NULL, '2026-11-20 04:00:00+00', '2026-11-21 04:00:00+00', NULL, NULL, '\x3fc42b717185532a59dcc395d6149c80544faa23e499dd8cd107f173c4db730c', 3);
INSERT INTO public.points_entry VALUES (4, 'campaign', 200, 5500, '2026-11-20 04:00:00+00', 'e2', '', '', 'system:test', '', NULL, '2026-11-20 04:00:00+00', '2027-02-18 04:00:00+00', NULL, NULL, '\xbf5bc8eb3c1935e5bb5c7f3ccc10bc25fab638889e72c213808bcf8177dc85b2', 3);
INSERT INTO public.points_entry VALUES (6, 'redeem', -110, 5390, '2026-11-20 04:00:00+00', 'b', '', '', 'system:test', '', NULL, NULL, NULL, 5, NULL, '\x38a3b9bfc2a92107d01b722be838c3fe697526e62f814906c622f78c00b36dd4', 3);
INSERT INTO public.points_entry VALUES (8, 'redeem', -20, 5370, '2026-11-20 04:00:00+00', 'e', '', '', 'system:test', '', NULL, NULL, NULL, NULL, NULL, '\x5a7d1bbc0dd2a57b8c2b55f896001aac20d573534e6e80de952af9fe225639d6', 3);
INSERT INTO public.points_entry VALUES (9, 'refund', 60, 5430, '2026-12-20 04:00:00+00', 'f', '', '', 'system:test', '', '{"pieces": [{"lot": 2, "grace": false, "points": 10, "expires_at": "2027-02-18T04:00:00+00:00"}, {"lot": 10, "grace": true, "points": 50, "expires_at": "2027-01-03T04:00:00+00:00"}]}', NULL, NULL, NULL, 6, '\x4cfa2f1b98594dca0c904a0c0e60273ba2d3d6c34bc25b92ecf23ac7b6116d4a', 3);
INSERT INTO public.points_entry VALUES (12, 'campaign', 100, 5530, '2026-11-20 04:00:00+00', 'h', '', '', 'system:test', '', NULL, '2026-11-20 04:00:00+00', NULL, NULL, NULL, '\x2a2a203855c3f39d221557a2ee89afe06dd4da1a90869a19020fdf4dea558e8c', 3);
INSERT INTO public.points_entry VALUES (13, 'campaign', 5, 5535, '2026-11-20 04:00:00+00', 'ends', '', '', 'system:test', '', NULL, '2026-11-20 04:00:00+00', '2026-11-21 04:00:00+00', NULL, NULL, '\x8fc0b4f3012163e76c76676435dc8bc8689bd6201490284891b311d763e120e7', 3);
INSERT INTO public.points_entry VALUES (14, 'redeem', -5300, 235, '2026-11-22 04:00:00+00', 'i', '', '', 'system:test', '', NULL, NULL, NULL, NULL, NULL, '\xceae24bde3e5a6d287d1fbbec20d28b13066caffbd0b473938a57217dbce3ffc', 3);
INSERT INTO public.points_entry VALUES (15, 'clawback', -100, 135, '2026-11-22 04:00:00+00', 'j', '', '', 'system:test', '', '{"owed": 0, "asked": 100, "policy": "debt"}', NULL, NULL, NULL, 12, '\x75c021490f42afd0c003cf5e32046ff4b2719c1a8535e2ffeaee3c1ba7e66e63', 3);
INSERT INTO public.points_entry VALUES (16, 'campaign', 20, 155, '2026-11-22 04:00:00+00', 'k', '', '', 'system:test', '', '{"steps": []}', '2026-11-22 04:00:00+00', NULL, NULL, NULL, '\xc05c63f6d8c0c6d3c67c8c8c9b5bd36bea580831172d62176d1adfe34d90931e', 3);
INSERT INTO public.points_entry VALUES (4, 'redeem', -1000, 4200, '2026-11-20 04:00:00+00', 'order:2026112027665140:capture', 'order:2026112027665140', '', 'member:4', '', NULL, NULL, NULL, 3, NULL, '\xf293696ff1d1d302089f6a54d537e8808347c86d20d683952ecfeea24c2c6b05', 4);
INSERT INTO public.points_entry VALUES (6, 'redeem', -1000, 3200, '2026-11-20 04:00:00+00', 'order:2026112050153353:capture', 'order:2026112050153353', '', 'member:4', '', NULL, NULL, NULL, 5, NULL, '\xb664b86f1e4f2fbb9c4b8d019ad7b5dd9ba9919d318ba5b5812b39990130c903', 4);
INSERT INTO public.points_entry VALUES (4, 'redeem', -2300, 2900, '2026-11-20 04:00:00+00', 'order:2026112060316444:capture', 'order:2026112060316444', '', 'member:5', '', NULL, NULL, NULL, 3, NULL, '\x43dc6faff63acce2c9f024d6b6a5535874ad14c72a817c3eab874d84952c06f8', 5);
INSERT INTO public.points_entry VALUES (8, 'sign_in', 5, 3205, '2026-11-20 04:00:00+00', 'sign_in:4:2026-11-20', 'sign_in:2026-11-20', '', 'member:4', '', '{"steps": [["Day %(day)s in a row", 5, {"day": 1}]]}', '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, NULL, '\x62cab16c7d6bff338153018cd208c5f08aa161d565dd15356bc55943eab897fb', 4);
INSERT INTO public.points_entry VALUES (9, 'adjust', 300, 3505, '2026-11-20 04:00:00+00', 'adjustment:1', 'adjustment:1', 'Event in a shop', 'staff:1', '', NULL, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, NULL, '\x59e125dc26af658209e3b15c13561e1febf1f6a654c77239d5287c684f8cd186', 4);
INSERT INTO public.points_entry VALUES (6, 'adjust', 100001, 102901, '2026-11-20 04:00:00+00', 'adjustment:3', 'adjustment:3', 'Event in a shop', 'staff:2', '', NULL, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, NULL, '\xe803916a7666626484a7aa4d70bfd9dfd4cc48083eed3e0dbb29e151d952e01a', 5);
INSERT INTO public.points_entry VALUES (10, 'adjust', 50, 3555, '2026-11-20 04:00:00+00', 'grant:e5ade54880cb1e90744fd2470676b62d:2', 'grant', 'Event in a shop', 'staff:1', '', NULL, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, NULL, '\x0a0d7ce0f2a46c649c2d87ff6683a6e0e3959ce27de9a62c4fdb2887685d6a1e', 4);
INSERT INTO public.points_entry VALUES (7, 'adjust', 60, 102961, '2026-11-20 04:00:00+00', 'grant:e5ade54880cb1e90744fd2470676b62d:3', 'grant', 'Event in a shop', 'staff:1', '', NULL, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, NULL, '\xee8a1cd5b27968c2e4b86d27925ed64c95df8e4f87c1c65edc19b618a3f556e3', 5);
INSERT INTO public.points_entry VALUES (17, 'expire', -5, 150, '2026-11-23 04:00:00+00', 'expire:13', '', '', 'system:test', '', NULL, NULL, NULL, NULL, NULL, '\x5b8168afb2443bd8f8fc25ad3b6925a699a291c2b0bc0a8685bdd3b546ec463c', 3);

INSERT INTO public.points_expiry_policy VALUES ('2027-01-19', 'per_lot', 24, 'day', '2026-11-20 04:00:00+00', 'staff:1');

INSERT INTO public.points_hold VALUES (5, 110, 'captured', 'a', '', 'system:test', '2026-11-20 04:00:00+00', NULL, '2026-11-20 04:00:00+00', 'system:test', 6, NULL, NULL, 3);
INSERT INTO public.points_hold VALUES (7, 50, 'released', 'c', '', 'system:test', '2026-11-20 04:00:00+00', NULL, '2026-11-20 04:00:00+00', 'system:test', NULL, 'd', '{"pieces": [{"lot": 2, "grace": false, "points": 50, "expires_at": "2027-02-18T04:00:00+00:00"}]}', 3);
INSERT INTO public.points_hold VALUES (11, 10, 'open', 'g', '', 'system:test', '2026-11-20 04:00:00+00', '2026-11-21 04:00:00+00', NULL, '', NULL, NULL, NULL, 3);
INSERT INTO public.points_hold VALUES (3, 1000, 'captured', 'order:2026112027665140:hold', 'order:2026112027665140', 'member:4', '2026-11-20 04:00:00+00', NULL, '2026-11-20 04:00:00+00', 'member:4', 4, NULL, NULL, 4);
INSERT INTO public.points_hold VALUES (5, 1000, 'captured', 'order:2026112050153353:hold', 'order:2026112050153353', 'member:4', '2026-11-20 04:00:00+00', NULL, '2026-11-20 04:00:00+00', 'member:4', 6, NULL, NULL, 4);
INSERT INTO public.points_hold VALUES (3, 2300, 'captured', 'order:2026112060316444:hold', 'order:2026112060316444', 'member:5', '2026-11-20 04:00:00+00', NULL, '2026-11-20 04:00:00+00', 'member:5', 4, NULL, NULL, 5);
INSERT INTO public.points_hold VALUES (7, 400, 'open', 'order:2026112045166881:hold', 'order:2026112045166881', 'member:4', '2026-11-20 04:00:00+00', '2026-11-20 04:30:00+00', NULL, '', NULL, NULL, NULL, 4);
INSERT INTO public.points_hold VALUES (5, 400, 'released', 'order:2026112049571606:hold', 'order:2026112049571606', 'member:5', '2026-11-20 04:00:00+00', '2026-11-20 04:30:00+00', '2026-11-20 04:00:00+00', 'member:5', NULL, 'order:2026112049571606:give_back', '{"pieces": [{"lot": 2, "grace": false, "points": 400, "expires_at": "2027-02-18T04:00:00+00:00"}]}', 5);

INSERT INTO public.points_lot VALUES (1, 200, 200, DEFAULT, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, 4);
INSERT INTO public.points_lot VALUES (1, 200, 200, DEFAULT, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, 5);
INSERT INTO public.points_lot VALUES (3, 100, 0, DEFAULT, '2026-11-20 04:00:00+00', '2026-11-21 04:00:00+00', NULL, 3);
INSERT INTO public.points_lot VALUES (10, 50, 50, DEFAULT, '2026-12-20 04:00:00+00', '2027-01-03 04:00:00+00', 3, 3);
INSERT INTO public.points_lot VALUES (2, 5000, 0, DEFAULT, '2026-11-20 04:00:00+00', '2027-02-18 04:00:00+00', NULL, 3);
INSERT INTO public.points_lot VALUES (4, 200, 0, DEFAULT, '2026-11-20 04:00:00+00', '2027-02-18 04:00:00+00', NULL, 3);
INSERT INTO public.points_lot VALUES (1, 200, 70, DEFAULT, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, 3);
INSERT INTO public.points_lot VALUES (12, 100, 0, DEFAULT, '2026-11-20 04:00:00+00', NULL, NULL, 3);
INSERT INTO public.points_lot VALUES (16, 20, 20, DEFAULT, '2026-11-22 04:00:00+00', NULL, NULL, 3);
INSERT INTO public.points_lot VALUES (2, 5000, 2600, DEFAULT, '2026-11-20 04:00:00+00', '2027-02-18 04:00:00+00', NULL, 4);
INSERT INTO public.points_lot VALUES (2, 5000, 2700, DEFAULT, '2026-11-20 04:00:00+00', '2027-02-18 04:00:00+00', NULL, 5);
INSERT INTO public.points_lot VALUES (8, 5, 5, DEFAULT, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, 4);
INSERT INTO public.points_lot VALUES (9, 300, 300, DEFAULT, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, 4);
INSERT INTO public.points_lot VALUES (6, 100001, 100001, DEFAULT, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, 5);
INSERT INTO public.points_lot VALUES (10, 50, 50, DEFAULT, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, 4);
INSERT INTO public.points_lot VALUES (7, 60, 60, DEFAULT, '2026-11-20 04:00:00+00', '2027-11-30 15:59:59.999999+00', NULL, 5);
INSERT INTO public.points_lot VALUES (13, 5, 0, DEFAULT, '2026-11-20 04:00:00+00', '2026-11-21 04:00:00+00', NULL, 3);

SELECT pg_catalog.setval('public.accounts_address_id_seq', 3, true);

SELECT pg_catalog.setval('public.accounts_user_groups_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_user_id_seq', 5, true);

SELECT pg_catalog.setval('public.accounts_user_user_permissions_id_seq', 1, false);

SELECT pg_catalog.setval('public.activities_signin_id_seq', 1, true);

SELECT pg_catalog.setval('public.auth_group_id_seq', 1, false);

SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 1, false);

SELECT pg_catalog.setval('public.auth_permission_id_seq', 171, true);

SELECT pg_catalog.setval('public.catalog_category_id_seq', 1, true);

SELECT pg_catalog.setval('public.catalog_product_id_seq', 2, true);

SELECT pg_catalog.setval('public.catalog_productimage_id_seq', 1, false);

SELECT pg_catalog.setval('public.catalog_sku_id_seq', 2, true);

SELECT pg_catalog.setval('public.catalog_stockmovement_id_seq', 8, true);

SELECT pg_catalog.setval('public.core_auditevent_id_seq', 24, true);

SELECT pg_catalog.setval('public.core_outboxmessage_id_seq', 6, true);

SELECT pg_catalog.setval('public.django_content_type_id_seq', 41, true);

SELECT pg_catalog.setval('public.django_migrations_id_seq', 41, true);

SELECT pg_catalog.setval('public.orders_carrier_id_seq', 7, true);

SELECT pg_catalog.setval('public.orders_cartline_id_seq', 1, true);

SELECT pg_catalog.setval('public.orders_order_id_seq', 5, true);

SELECT pg_catalog.setval('public.orders_orderitem_id_seq', 5, true);

SELECT pg_catalog.setval('public.orders_ordermove_id_seq', 9, true);

SELECT pg_catalog.setval('public.orders_payment_id_seq', 2, true);

SELECT pg_catalog.setval('public.orders_paymentnotification_id_seq', 1, false);

SELECT pg_catalog.setval('public.orders_sandboxcharge_id_seq', 1, false);

SELECT pg_catalog.setval('public.orders_shipment_id_seq', 2, true);

SELECT pg_catalog.setval('public.points_adjustment_id_seq', 3, true);

SELECT pg_catalog.setval('public.points_auditrun_id_seq', 1, true);

SELECT pg_catalog.setval('public.points_bulkgrant_id_seq', 1, true);

ALTER TABLE ONLY public.accounts_address
    ADD CONSTRAINT accounts_address_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_user_id_group_id_59c0b32f_uniq UNIQUE (user_id, group_id);

ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_permi_user_id_permission_id_2ab516c2_uniq UNIQUE (user_id, permission_id);

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.activities_signin
    ADD CONSTRAINT activities_signin_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_cartline
    ADD CONSTRAINT cart_line_once UNIQUE (member_id, sku_id, way);

ALTER TABLE ONLY public.catalog_category
    ADD CONSTRAINT catalog_category_code_key UNIQUE (code);

ALTER TABLE ONLY public.catalog_category
    ADD CONSTRAINT catalog_category_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_product
    ADD CONSTRAINT catalog_product_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_productimage
    ADD CONSTRAINT catalog_productimage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_sku
    ADD CONSTRAINT catalog_sku_code_key UNIQUE (code);

ALTER TABLE ONLY public.catalog_sku
    ADD CONSTRAINT catalog_sku_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_stockmovement
    ADD CONSTRAINT catalog_stockmovement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_category
    ADD CONSTRAINT category_name_unique UNIQUE NULLS NOT DISTINCT (parent_id, name);

ALTER TABLE ONLY public.core_auditevent
    ADD CONSTRAINT core_auditevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_outboxmessage
    ADD CONSTRAINT core_outboxmessage_key_key UNIQUE (key);

ALTER TABLE ONLY public.core_outboxmessage
    ADD CONSTRAINT core_outboxmessage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_stockmovement
    ADD CONSTRAINT movement_key_unique UNIQUE (sku_id, key);

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT order_form_once UNIQUE (member_id, form_key);

ALTER TABLE ONLY public.orders_orderitem
    ADD CONSTRAINT order_item_once UNIQUE (order_id, sku_id, way);

ALTER TABLE ONLY public.orders_carrier
    ADD CONSTRAINT orders_carrier_code_key UNIQUE (code);

ALTER TABLE ONLY public.orders_carrier
    ADD CONSTRAINT orders_carrier_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_cartline
    ADD CONSTRAINT orders_cartline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_number_key UNIQUE (number);

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_orderitem
    ADD CONSTRAINT orders_orderitem_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_ordermove
    ADD CONSTRAINT orders_ordermove_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_payment
    ADD CONSTRAINT orders_payment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_payment
    ADD CONSTRAINT orders_payment_reference_key UNIQUE (reference);

ALTER TABLE ONLY public.orders_paymentnotification
    ADD CONSTRAINT orders_paymentnotification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_sandboxcharge
    ADD CONSTRAINT orders_sandboxcharge_event_id_key UNIQUE (event_id);

ALTER TABLE ONLY public.orders_sandboxcharge
    ADD CONSTRAINT orders_sandboxcharge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT orders_shipment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_paymentnotification
    ADD CONSTRAINT payment_notification_once UNIQUE (provider, event_id);

ALTER TABLE ONLY public.catalog_productimage
    ADD CONSTRAINT picture_position_unique UNIQUE (product_id, "position") DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.points_account
    ADD CONSTRAINT points_account_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.points_adjustment
    ADD CONSTRAINT points_adjustment_form_key_key UNIQUE (form_key);

ALTER TABLE ONLY public.points_adjustment
    ADD CONSTRAINT points_adjustment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_allocation
    ADD CONSTRAINT points_allocation_pkey PRIMARY KEY (account_id, taker, "position");

ALTER TABLE ONLY public.points_auditrun
    ADD CONSTRAINT points_auditrun_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_bulkgrant
    ADD CONSTRAINT points_bulkgrant_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.points_bulkgrant
    ADD CONSTRAINT points_bulkgrant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.points_entry
    ADD CONSTRAINT points_entry_key UNIQUE (account_id, key);

ALTER TABLE ONLY public.points_entry
    ADD CONSTRAINT points_entry_pkey PRIMARY KEY (account_id, seq);

ALTER TABLE ONLY public.points_expiry_policy
    ADD CONSTRAINT points_expiry_policy_pkey PRIMARY KEY (starts_on);

ALTER TABLE ONLY public.points_expiry_warning
    ADD CONSTRAINT points_expiry_warning_pkey PRIMARY KEY (account_id, ends_on, days);

ALTER TABLE ONLY public.points_hold
    ADD CONSTRAINT points_hold_key UNIQUE (account_id, key);

ALTER TABLE ONLY public.points_hold
    ADD CONSTRAINT points_hold_pkey PRIMARY KEY (account_id, seq);

ALTER TABLE ONLY public.points_hold
    ADD CONSTRAINT points_hold_release_key UNIQUE (account_id, release_key);

ALTER TABLE ONLY public.points_lot
    ADD CONSTRAINT points_lot_pkey PRIMARY KEY (account_id, seq);

ALTER TABLE ONLY public.orders_sandboxcharge
    ADD CONSTRAINT sandbox_charge_once UNIQUE (merchant, reference);

ALTER TABLE ONLY public.activities_signin
    ADD CONSTRAINT sign_in_once_a_day UNIQUE (member_id, local_date);

ALTER TABLE ONLY public.catalog_sku
    ADD CONSTRAINT sku_options_unique UNIQUE (product_id, options);

ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT user_phone_unique UNIQUE (phone);

CREATE INDEX accounts_address_member_id_3866877f ON public.accounts_address USING btree (member_id);

CREATE INDEX accounts_user_groups_group_id_bd11a704 ON public.accounts_user_groups USING btree (group_id);

CREATE INDEX accounts_user_groups_user_id_52b62117 ON public.accounts_user_groups USING btree (user_id);

CREATE INDEX accounts_user_user_permissions_permission_id_113bb443 ON public.accounts_user_user_permissions USING btree (permission_id);

CREATE INDEX accounts_user_user_permissions_user_id_e4f0a161 ON public.accounts_user_user_permissions USING btree (user_id);

CREATE INDEX activities_signin_member_id_006a727c ON public.activities_signin USING btree (member_id);

CREATE UNIQUE INDEX address_one_default ON public.accounts_address USING btree (member_id) WHERE is_default;

CREATE INDEX audit_at ON public.core_auditevent USING btree (at DESC);

CREATE INDEX audit_subject_at ON public.core_auditevent USING btree (subject, at);

CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);

CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);

CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);

CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);

CREATE INDEX catalog_category_code_4ebdd232_like ON public.catalog_category USING btree (code varchar_pattern_ops);

CREATE INDEX catalog_category_parent_id_f61bd017 ON public.catalog_category USING btree (parent_id);

CREATE INDEX catalog_product_category_id_35bf920b ON public.catalog_product USING btree (category_id);

CREATE INDEX catalog_productimage_product_id_1f42dd8c ON public.catalog_productimage USING btree (product_id);

CREATE INDEX catalog_sku_code_55ded985_like ON public.catalog_sku USING btree (code varchar_pattern_ops);

CREATE INDEX catalog_sku_product_id_6332277c ON public.catalog_sku USING btree (product_id);

CREATE INDEX catalog_stockmovement_sku_id_9e37d7ae ON public.catalog_stockmovement USING btree (sku_id);

CREATE INDEX core_outboxmessage_key_4285511e_like ON public.core_outboxmessage USING btree (key varchar_pattern_ops);

CREATE INDEX notification_waiting ON public.orders_paymentnotification USING btree (received_at) WHERE ((state)::text = 'received'::text);

CREATE INDEX order_member_placed ON public.orders_order USING btree (member_id, placed_at DESC);

CREATE INDEX order_on_the_way ON public.orders_order USING btree (shipped_at) WHERE ((state)::text = 'shipped'::text);

CREATE INDEX order_phone ON public.orders_order USING btree (ship_phone_hash);

CREATE INDEX order_state_placed ON public.orders_order USING btree (state, placed_at DESC);

CREATE INDEX order_unpaid_due ON public.orders_order USING btree (pay_before) WHERE ((state)::text = 'pending_payment'::text);

CREATE INDEX orders_carrier_code_da844fef_like ON public.orders_carrier USING btree (code varchar_pattern_ops);

CREATE INDEX orders_cartline_member_id_8b72d1aa ON public.orders_cartline USING btree (member_id);

CREATE INDEX orders_cartline_sku_id_d7cfb976 ON public.orders_cartline USING btree (sku_id);

CREATE INDEX orders_order_member_id_5d95eb8a ON public.orders_order USING btree (member_id);

CREATE INDEX orders_order_number_abc9e0f2_like ON public.orders_order USING btree (number varchar_pattern_ops);

CREATE INDEX orders_orderitem_order_id_fe61a34d ON public.orders_orderitem USING btree (order_id);

CREATE INDEX orders_orderitem_sku_id_b2338e9b ON public.orders_orderitem USING btree (sku_id);

CREATE INDEX orders_ordermove_order_id_5479c5cb ON public.orders_ordermove USING btree (order_id);

CREATE INDEX orders_payment_order_id_bdccf250 ON public.orders_payment USING btree (order_id);

CREATE INDEX orders_payment_reference_f485cd77_like ON public.orders_payment USING btree (reference varchar_pattern_ops);

CREATE INDEX orders_paymentnotification_payment_id_6bb2dc44 ON public.orders_paymentnotification USING btree (payment_id);

CREATE INDEX orders_shipment_carrier_id_c51275ca ON public.orders_shipment USING btree (carrier_id);

CREATE INDEX orders_shipment_order_id_661ed8ed ON public.orders_shipment USING btree (order_id);

CREATE INDEX outbox_due ON public.core_outboxmessage USING btree (next_try_at) WHERE (handled_at IS NULL);

CREATE UNIQUE INDEX payment_open_once ON public.orders_payment USING btree (order_id) WHERE ((state)::text = 'open'::text);

CREATE UNIQUE INDEX payment_paid_once ON public.orders_payment USING btree (order_id) WHERE ((state)::text = 'paid'::text);

CREATE INDEX payment_to_ask ON public.orders_payment USING btree (next_ask_at) WHERE (next_ask_at IS NOT NULL);

CREATE INDEX points_adjustment_form_key_38a19c18_like ON public.points_adjustment USING btree (form_key varchar_pattern_ops);

CREATE INDEX points_adjustment_member_id_72e76e34 ON public.points_adjustment USING btree (member_id);

CREATE INDEX points_adjustment_of ON public.points_adjustment USING btree (member_id, requested_at);

CREATE INDEX points_adjustment_waiting ON public.points_adjustment USING btree (requested_at) WHERE ((state)::text = 'pending'::text);

CREATE INDEX points_auditrun_at_5893c0e7 ON public.points_auditrun USING btree (at);

CREATE INDEX points_bulkgrant_digest_5e2b1b0c_like ON public.points_bulkgrant USING btree (digest varchar_pattern_ops);

CREATE INDEX points_entry_by_time ON public.points_entry USING btree (account_id, at);

CREATE INDEX points_hold_open ON public.points_hold USING btree (account_id, seq) WHERE ((state)::text = 'open'::text);

CREATE INDEX points_lot_to_use ON public.points_lot USING btree (account_id, expires_at, active_from, seq) WHERE open;

CREATE INDEX product_by_category ON public.catalog_product USING btree (category_id, "position") WHERE is_listed;

CREATE INDEX product_by_date ON public.catalog_product USING btree (listed_at DESC) WHERE is_listed;

CREATE INDEX product_by_points ON public.catalog_product USING btree (COALESCE(lowest_points, lowest_mixed_points)) WHERE is_listed;

CREATE INDEX product_by_popularity ON public.catalog_product USING btree (redeemed_count DESC) WHERE is_listed;

CREATE INDEX product_by_position ON public.catalog_product USING btree ("position", id DESC) WHERE is_listed;

CREATE INDEX product_search ON public.catalog_product USING gin (search_text public.gin_trgm_ops);

CREATE INDEX shipment_tracking ON public.orders_shipment USING btree (tracking_number);

CREATE UNIQUE INDEX user_email_unique ON public.accounts_user USING btree (upper((email)::text));

CREATE UNIQUE INDEX user_username_unique ON public.accounts_user USING btree (upper((username)::text));

CREATE TRIGGER catalog_stockmovement_append_only BEFORE DELETE OR UPDATE ON public.catalog_stockmovement FOR EACH ROW EXECUTE FUNCTION public.catalog_stockmovement_is_append_only();

CREATE TRIGGER points_entry_immutable BEFORE DELETE OR UPDATE ON public.points_entry FOR EACH ROW EXECUTE FUNCTION public.points_refuse_change();

CREATE TRIGGER points_entry_no_truncate BEFORE TRUNCATE ON public.points_entry FOR EACH STATEMENT WHEN (("left"((current_database())::text, 5) <> 'test_'::text)) EXECUTE FUNCTION public.points_refuse_change();

ALTER TABLE ONLY public.accounts_address
    ADD CONSTRAINT accounts_address_member_id_3866877f_fk_accounts_user_id FOREIGN KEY (member_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_group_id_bd11a704_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_user_id_52b62117_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_p_permission_id_113bb443_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_p_user_id_e4f0a161_fk_accounts_ FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.activities_signin
    ADD CONSTRAINT activities_signin_member_id_006a727c_fk_accounts_user_id FOREIGN KEY (member_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_category
    ADD CONSTRAINT catalog_category_parent_id_f61bd017_fk_catalog_category_id FOREIGN KEY (parent_id) REFERENCES public.catalog_category(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_product
    ADD CONSTRAINT catalog_product_category_id_35bf920b_fk_catalog_category_id FOREIGN KEY (category_id) REFERENCES public.catalog_category(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_productimage
    ADD CONSTRAINT catalog_productimage_product_id_1f42dd8c_fk_catalog_product_id FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_sku
    ADD CONSTRAINT catalog_sku_product_id_6332277c_fk_catalog_product_id FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_stockmovement
    ADD CONSTRAINT catalog_stockmovement_sku_id_9e37d7ae_fk_catalog_sku_id FOREIGN KEY (sku_id) REFERENCES public.catalog_sku(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cartline
    ADD CONSTRAINT orders_cartline_member_id_8b72d1aa_fk_accounts_user_id FOREIGN KEY (member_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cartline
    ADD CONSTRAINT orders_cartline_sku_id_d7cfb976_fk_catalog_sku_id FOREIGN KEY (sku_id) REFERENCES public.catalog_sku(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_member_id_5d95eb8a_fk_accounts_user_id FOREIGN KEY (member_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderitem
    ADD CONSTRAINT orders_orderitem_order_id_fe61a34d_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderitem
    ADD CONSTRAINT orders_orderitem_sku_id_b2338e9b_fk_catalog_sku_id FOREIGN KEY (sku_id) REFERENCES public.catalog_sku(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_ordermove
    ADD CONSTRAINT orders_ordermove_order_id_5479c5cb_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_payment
    ADD CONSTRAINT orders_payment_order_id_bdccf250_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_paymentnotification
    ADD CONSTRAINT orders_paymentnotifi_payment_id_6bb2dc44_fk_orders_pa FOREIGN KEY (payment_id) REFERENCES public.orders_payment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT orders_shipment_carrier_id_c51275ca_fk_orders_carrier_id FOREIGN KEY (carrier_id) REFERENCES public.orders_carrier(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT orders_shipment_order_id_661ed8ed_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.points_account
    ADD CONSTRAINT points_account_account_id_13617dd9_fk_accounts_user_id FOREIGN KEY (account_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.points_adjustment
    ADD CONSTRAINT points_adjustment_member_id_72e76e34_fk_accounts_user_id FOREIGN KEY (member_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.points_allocation
    ADD CONSTRAINT points_allocation_of_lot FOREIGN KEY (account_id, lot) REFERENCES public.points_lot(account_id, seq);

ALTER TABLE ONLY public.points_entry
    ADD CONSTRAINT points_entry_of_account FOREIGN KEY (account_id) REFERENCES public.points_account(account_id);

ALTER TABLE ONLY public.points_entry
    ADD CONSTRAINT points_entry_of_hold FOREIGN KEY (account_id, hold_seq) REFERENCES public.points_hold(account_id, seq);

ALTER TABLE ONLY public.points_entry
    ADD CONSTRAINT points_entry_reverses FOREIGN KEY (account_id, reverses) REFERENCES public.points_entry(account_id, seq);

ALTER TABLE ONLY public.points_expiry_warning
    ADD CONSTRAINT points_expiry_warnin_account_id_37ed232d_fk_points_ac FOREIGN KEY (account_id) REFERENCES public.points_account(account_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.points_hold
    ADD CONSTRAINT points_hold_captured FOREIGN KEY (account_id, entry_seq) REFERENCES public.points_entry(account_id, seq);

ALTER TABLE ONLY public.points_hold
    ADD CONSTRAINT points_hold_of_account FOREIGN KEY (account_id) REFERENCES public.points_account(account_id);

ALTER TABLE ONLY public.points_lot
    ADD CONSTRAINT points_lot_of_account FOREIGN KEY (account_id) REFERENCES public.points_account(account_id);

ALTER TABLE ONLY public.points_lot
    ADD CONSTRAINT points_lot_origin FOREIGN KEY (account_id, origin) REFERENCES public.points_lot(account_id, seq);
