-- Locks an account and returns its row as it is now; all NULL when there is none. Each operation begins with this, or
-- with the same two steps written out where a call would cost too much; only statements after it may read what belongs
-- to the account: theirs are the first snapshots taken under the lock.
CREATE OR REPLACE FUNCTION points_lock(p_account bigint, p_wait_ms integer) RETURNS points_account
LANGUAGE plpgsql AS $$
DECLARE
    v_wait text := points_wait(p_wait_ms);
    a points_account;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    RETURN a;
END $$;
