-- Gives the ledger to a role of its own, points_ledger: tables and functions belong to it, and nobody else may write the
-- tables. Whoever had them keeps reading, may point keys at them and, to migrate them, may become that role. Run again, it
-- sets right what was changed. All or nothing: where the database's owner may not make roles or give things away, everything
-- stays as it was, and the triggers alone guard the tables.
DO $$
DECLARE
    v_me text := quote_ident(current_user);
    v_had text := (SELECT relowner::regrole FROM pg_class WHERE oid = 'points_account'::regclass);
    v_is_test boolean := left(current_database(), 5) = 'test_';  -- its tables are emptied
    v_can_set boolean := current_setting('server_version_num')::integer >= 160000;
    x record;
BEGIN
    IF to_regrole('points_ledger') IS NULL THEN
        BEGIN
            CREATE ROLE points_ledger NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN  -- just now, for another database of this server
        END;
    END IF;
    IF NOT pg_has_role('points_ledger', CASE WHEN v_can_set THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE format('GRANT points_ledger TO %s %s', v_me, CASE WHEN v_can_set THEN 'WITH INHERIT FALSE, SET TRUE' END);
    END IF;
    GRANT USAGE, CREATE ON SCHEMA public TO points_ledger;
    GRANT SELECT (id) ON accounts_user TO points_ledger;
    -- The account first, as every posting: so none of them waits for this while this waits for it.
    FOR x IN
        SELECT name FROM unnest(ARRAY['points_account', 'points_hold', 'points_entry', 'points_lot', 'points_allocation'])
            WITH ORDINALITY t (name, n)
        WHERE (SELECT relowner FROM pg_class WHERE oid = name::regclass) <> 'points_ledger'::regrole ORDER BY n
    LOOP
        EXECUTE format('ALTER TABLE %I OWNER TO points_ledger', x.name);
    END LOOP;
    FOR x IN
        SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(points|ledger)_'
            AND proowner <> 'points_ledger'::regrole
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO points_ledger', x.name);
    END LOOP;
    SET LOCAL ROLE points_ledger;
    FOR x IN
        SELECT c.oid::regclass AS name, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS who,
            bool_or(a.privilege_type = 'SELECT') AS reads
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.relkind = 'r' AND c.relowner = 'points_ledger'::regrole AND a.grantee <> c.relowner
        GROUP BY c.oid, a.grantee
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', x.name, x.who);
        IF x.reads THEN
            EXECUTE format('GRANT SELECT ON %s TO %s', x.name, x.who);
        END IF;
    END LOOP;
    FOR x IN
        SELECT c.oid::regclass AS name, who FROM pg_class c CROSS JOIN unnest(ARRAY[v_me, v_had]) who
        WHERE c.relkind = 'r' AND c.relowner = 'points_ledger'::regrole AND who <> 'points_ledger'
    LOOP
        EXECUTE format('GRANT SELECT, REFERENCES ON %s TO %s', x.name, x.who);
        IF v_is_test THEN
            EXECUTE format('GRANT TRUNCATE ON %s TO %s', x.name, x.who);
        END IF;
    END LOOP;
    EXECUTE format('SET LOCAL ROLE %s', v_me);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'the ledger has no role of its own: %', SQLERRM;
END $$;
