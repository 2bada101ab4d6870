-- Locks an account and returns its row as it is now; all NULL when there is none. Each operation begins with this, and
-- only statements after it may read what belongs to the account: theirs are the first snapshots taken under the lock.
CREATE OR REPLACE FUNCTION points_lock(p_account bigint, p_wait_ms integer) RETURNS points_account
LANGUAGE plpgsql AS $$
DECLARE
    a points_account;
BEGIN
    -- A caller who holds other locks already has set how long to wait; one who does not shall not hang either.
    IF current_setting('lock_timeout') = '0' THEN
        PERFORM set_config('lock_timeout', p_wait_ms::text, true);
    END IF;
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    RETURN a;
END $$;
