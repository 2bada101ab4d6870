-- What the role named by the setting points.opened_to needs to be the mall's web, worker and beat: to write all tables of
-- today and those that this role will make, but for the ledger's, which it reads. What it may call: execute.sql.
DO $$
DECLARE
    v_role text := quote_ident(current_setting('points.opened_to'));
    v_me text := quote_ident(current_user);
    v_ledger text[] := ARRAY['points_account', 'points_entry', 'points_lot', 'points_hold', 'points_allocation'];
    x record;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %s', v_role);
    FOR x IN
        SELECT oid::regclass AS name, relkind FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') AND relname <> ALL (v_ledger)
    LOOP
        EXECUTE format(
            CASE x.relkind WHEN 'S' THEN 'GRANT USAGE, SELECT ON SEQUENCE %s TO %s'
            ELSE 'GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s' END, x.name, v_role
        );
    END LOOP;
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %s', v_role
    );
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO %s', v_role);
    IF (SELECT relowner FROM pg_class WHERE oid = 'points_account'::regclass) = to_regrole('points_ledger') THEN
        SET LOCAL ROLE points_ledger;
    END IF;
    FOR x IN SELECT unnest(v_ledger) AS name LOOP
        EXECUTE format('REVOKE ALL ON %I FROM %s', x.name, v_role);
        EXECUTE format('GRANT SELECT ON %I TO %s', x.name, v_role);
    END LOOP;
    EXECUTE format('SET LOCAL ROLE %s', v_me);
END $$;
