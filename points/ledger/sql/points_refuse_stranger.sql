-- Refuses to write rows of the ledger for whoever is no function of it. The functions run as the role that owns them
-- (setup/close.sql); where, and only where, the ledger could not be given a role of its own, this looks who called. No
-- WHEN of the trigger asks for the role: PostgreSQL reads its text anew for every statement, which costs four times as
-- much as this.
CREATE OR REPLACE FUNCTION points_refuse_stranger() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_callers text;
BEGIN
    IF current_user = 'points_ledger' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'TRUNCATE' AND left(current_database(), 5) = 'test_' THEN  -- between tests all tables are emptied
        RETURN NULL;
    END IF;
    GET DIAGNOSTICS v_callers = PG_CONTEXT;
    IF (SELECT relowner::regrole::text FROM pg_class WHERE oid = TG_RELID) <> 'points_ledger'
        AND v_callers ~ '(^|\n)[^"\n]*\mledger_[a-z_]+\('
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = 'only the functions of the ledger write ' || TG_TABLE_NAME;
END $$;
