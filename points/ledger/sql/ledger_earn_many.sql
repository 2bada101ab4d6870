-- Credits many accounts at once, each row as ledger_earn would. Accounts are opened and locked in order of id, so that
-- locks are taken in one order; rows of one account are credited in the order given. What is plain (the key is new,
-- nothing is owed, nothing is renewed, it is the first row of its account) is written by one statement; the others go
-- through ledger_earn. Says of each row whether it was there.
CREATE OR REPLACE FUNCTION ledger_earn_many(
    p_accounts bigint[], p_points integer[], p_kind text, p_keys text[], p_by text, p_at timestamptz[],
    p_sources text[], p_reasons text[], p_expires_at timestamptz[], p_active_from timestamptz[],
    p_rule_versions text[], p_breakdowns jsonb[], p_renew_until timestamptz[],
    OUT r_repeated boolean[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    g record;
    v_plain bigint[];
    v_repeated boolean;
BEGIN
    IF EXISTS (SELECT FROM unnest(p_breakdowns) given WHERE NOT points_breakdown_given(given)) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'breakdown may hold steps alone';
    END IF;
    INSERT INTO points_account (
        account_id, last_seq, head, unspent, held, debt, lifetime_earned, pending_until, opened_at
    )
    SELECT DISTINCT ON (u.id) u.id, 0, ''::bytea, 0, 0, 0, 0, given.at, given.at
    FROM unnest(p_accounts, p_at) WITH ORDINALITY given (account, at, n) JOIN accounts_user u ON u.id = given.account
    WHERE NOT EXISTS (SELECT FROM points_account WHERE account_id = u.id)
    ORDER BY u.id, given.n
    ON CONFLICT DO NOTHING;
    PERFORM FROM points_account WHERE account_id = ANY (p_accounts) ORDER BY account_id FOR UPDATE;
    -- Only now, in a statement of its own, may anything that belongs to the accounts be read.
    WITH plain AS (
        SELECT given.*, a.account_id, a.last_seq + 1 AS seq, a.head, a.unspent + a.held + given.points AS balance
        FROM (
            SELECT *, row_number() OVER (PARTITION BY account ORDER BY n) AS nth
            FROM unnest(
                p_accounts, p_points, p_keys, p_at, p_sources, p_reasons, p_expires_at, p_active_from, p_rule_versions,
                p_breakdowns, p_renew_until
            ) WITH ORDINALITY rows (
                account, points, key, at, source, reason, expires_at, active_from, rule_version, breakdown, renew_until,
                n
            )
        ) given JOIN points_account a ON a.account_id = given.account
        WHERE nth = 1 AND a.debt = 0 AND given.renew_until IS NULL
            AND NOT EXISTS (SELECT FROM points_entry e WHERE e.account_id = a.account_id AND e.key = given.key)
            AND NOT EXISTS (SELECT FROM points_hold h WHERE h.account_id = a.account_id AND h.key = given.key)
            AND NOT EXISTS (SELECT FROM points_hold h WHERE h.account_id = a.account_id AND h.release_key = given.key)
    ), entered AS (
        INSERT INTO points_entry (
            account_id, seq, kind, points, balance_after, at, key, source, reason, by, rule_version, breakdown,
            active_from, expires_at, hash
        )
        SELECT
            account_id, seq, p_kind, points, balance, at, key, source, reason, p_by, rule_version, breakdown,
            active_from, expires_at, points_entry_hash(
                head, account_id, seq, p_kind, points, balance, at, key, source, reason, p_by, rule_version, breakdown,
                active_from, expires_at, NULL, NULL
            )
        FROM plain
        RETURNING account_id, seq, points, active_from, hash
    ), lots AS (
        INSERT INTO points_lot (account_id, seq, points, remaining, active_from, expires_at)
        SELECT account_id, seq, points, points, active_from, expires_at FROM plain
    ), moved AS (
        UPDATE points_account a SET
            last_seq = e.seq, head = e.hash, unspent = a.unspent + e.points,
            lifetime_earned = a.lifetime_earned + e.points, pending_until = greatest(a.pending_until, e.active_from)
        FROM entered e WHERE a.account_id = e.account_id
    )
    SELECT coalesce(array_agg(n), '{}') INTO v_plain FROM plain;
    r_repeated := array_fill(false, ARRAY[cardinality(p_accounts)]);
    FOR g IN
        SELECT * FROM unnest(
            p_accounts, p_points, p_keys, p_at, p_sources, p_reasons, p_expires_at, p_active_from, p_rule_versions,
            p_breakdowns, p_renew_until
        ) WITH ORDINALITY rows (
            account, points, key, at, source, reason, expires_at, active_from, rule_version, breakdown, renew_until, n
        )
        WHERE n <> ALL (v_plain) ORDER BY n
    LOOP
        SELECT e.r_repeated INTO v_repeated FROM ledger_earn(
            g.account, g.points, p_kind, g.key, p_by, g.at, g.source, g.reason, g.expires_at, g.active_from,
            g.rule_version, g.breakdown, g.renew_until
        ) e;
        r_repeated[g.n] := v_repeated;
    END LOOP;
END $$;
