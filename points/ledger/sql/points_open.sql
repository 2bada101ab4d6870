-- Makes the account of a member who has none yet, and locks it.
CREATE OR REPLACE FUNCTION points_open(p_account bigint, p_at timestamptz) RETURNS points_account
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM accounts_user WHERE id = p_account) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT007', MESSAGE = 'no such member',
            DETAIL = json_build_object('account', p_account);
    END IF;
    INSERT INTO points_account (
        account_id, last_seq, head, unspent, held, debt, lifetime_earned, pending_until, opened_at
    ) VALUES (p_account, 0, '', 0, 0, 0, 0, p_at, p_at)
    ON CONFLICT DO NOTHING;
    RETURN points_lock(p_account);
END $$;
