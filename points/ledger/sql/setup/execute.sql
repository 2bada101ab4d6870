-- Only the mall may call the functions of the ledger: the owner of its other tables, and the roles that were given those by
-- open_to.sql, which its default privileges tell. Everybody may call a new function, so this follows whenever one is made.
DO $$
DECLARE
    v_me text := quote_ident(current_user);
    v_mall oid := (SELECT relowner FROM pg_class WHERE oid = 'accounts_user'::regclass);
    v_callers oid[];
    x record;
BEGIN
    v_callers := v_mall || ARRAY(
        SELECT DISTINCT a.grantee FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a
        WHERE d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'r' AND a.privilege_type = 'INSERT'
            AND a.grantee <> 0 AND pg_has_role(d.defaclrole, v_mall, 'MEMBER')
    );
    IF (SELECT relowner FROM pg_class WHERE oid = 'points_account'::regclass) = to_regrole('points_ledger') THEN
        SET LOCAL ROLE points_ledger;
    END IF;
    FOR x IN
        SELECT p.oid::regprocedure AS name, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS who
        FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname ~ '^(points|ledger)_'
            AND pg_has_role(p.proowner, 'USAGE') AND a.grantee <> p.proowner AND a.grantee <> ALL (v_callers)
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s CASCADE', x.name, x.who);
    END LOOP;
    FOR x IN
        SELECT p.oid::regprocedure AS name, who::regrole AS who FROM pg_proc p CROSS JOIN unnest(v_callers) who
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname ~ '^(points|ledger)_'
            AND pg_has_role(p.proowner, 'USAGE') AND who <> p.proowner
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', x.name, x.who);
    END LOOP;
    EXECUTE format('SET LOCAL ROLE %s', v_me);
END $$;
