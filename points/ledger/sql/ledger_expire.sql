-- Books out, for many accounts at once, what is left of the lots that ended by p_at (B10): one entry a lot, soonest
-- ended first. Locks the accounts in order of id. One that somebody else holds is left out and named in r_busy, so
-- that this waits for nobody while it holds many; with p_wait it is waited for. The key is the lot's, or a longer one
-- where that is taken: by the same lot, which got points back since, or by whomever.
CREATE OR REPLACE FUNCTION ledger_expire(
    p_accounts bigint[], p_wait boolean, p_by text, p_at timestamptz,
    OUT r_accounts integer, OUT r_lots integer, OUT r_points bigint, OUT r_busy bigint[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off
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
            v_locked := v_locked || (points_lock(v_account)).account_id;
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
            EXISTS (
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
        v_key := 'expire:' || x.seq;
        WHILE x.again LOOP
            v_key := v_key || ':' || v_seq;
            x.again := EXISTS (SELECT FROM points_entry WHERE account_id = v_account AND key = v_key);
        END LOOP;
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
