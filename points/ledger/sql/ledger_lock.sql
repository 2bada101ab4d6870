-- Locks those of the accounts that are there, in order of id: whoever works on several begins with it, so that no two wait
-- for each other.
CREATE OR REPLACE FUNCTION ledger_lock(p_accounts bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM FROM points_account WHERE account_id = ANY (p_accounts) ORDER BY account_id FOR UPDATE;
END $$;
