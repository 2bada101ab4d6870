-- Locks an account and returns its row as it is now; all NULL when there is none. Each operation begins with this, or
-- with the same statement written out where a call would cost too much; only statements after it may read what belongs
-- to the account: theirs are the first snapshots taken under the lock. How long it waits is the session's lock_timeout.
CREATE OR REPLACE FUNCTION points_lock(p_account bigint) RETURNS points_account
LANGUAGE plpgsql AS $$
DECLARE
    a points_account;
BEGIN
    SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;
    RETURN a;
END $$;
