-- Tables and functions belong to one role, points_ledger where there is one, which is nobody's to sign in with; nobody else
-- may write the tables, or put things where the functions look for theirs; and only the mall may call the functions
-- (setup/execute.sql).
WITH wanted AS (
    SELECT coalesce(
        to_regrole('points_ledger')::oid, (SELECT relowner FROM pg_class WHERE oid = 'points_account'::regclass)
    ) AS owner
), ledger AS (
    SELECT oid, relname, relowner, relacl FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
        AND relname IN ('points_account', 'points_entry', 'points_lot', 'points_hold', 'points_allocation')
), mall AS (
    SELECT relowner AS caller FROM pg_class WHERE oid = 'accounts_user'::regclass
), opened AS (
    SELECT a.grantee AS caller FROM mall, pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a
    WHERE d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'r' AND a.privilege_type = 'INSERT'
        AND a.grantee <> 0 AND pg_has_role(d.defaclrole, mall.caller, 'MEMBER')
)
SELECT NULL::bigint, 'owner', relname || ' belongs to ' || relowner::regrole
FROM ledger, wanted WHERE relowner <> owner
UNION ALL
SELECT NULL, 'owner', p.oid::regprocedure || ' belongs to ' || proowner::regrole
FROM pg_proc p, wanted
WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(points|ledger)_' AND proowner <> owner
UNION ALL
SELECT NULL, 'owner', 'points_ledger may sign in, or more'
FROM pg_roles
WHERE rolname = 'points_ledger'
    AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
UNION ALL
SELECT NULL, 'rights', CASE grantee WHEN 0 THEN 'everybody' ELSE grantee::regrole::text END
    || ' has ' || privilege_type || ' on ' || relname
FROM (
    SELECT relname, relowner, a.* FROM ledger CROSS JOIN LATERAL aclexplode(relacl) a
    UNION ALL
    SELECT relname || '.' || attname, relowner, a.*
    FROM ledger JOIN pg_attribute ON attrelid = ledger.oid CROSS JOIN LATERAL aclexplode(attacl) a
) granted
WHERE grantee <> relowner AND privilege_type NOT IN ('SELECT', 'REFERENCES')
    AND NOT (privilege_type = 'TRUNCATE' AND left(current_database(), 5) = 'test_')
UNION ALL
SELECT NULL, 'rights', 'triggers are off: session_replication_role'
WHERE current_setting('session_replication_role') <> 'origin'
UNION ALL
SELECT NULL, 'rights', 'everybody may make things in the schema public'
WHERE has_schema_privilege('public', 'public', 'CREATE')
UNION ALL
SELECT NULL, 'rights', CASE grantee WHEN 0 THEN 'everybody' ELSE grantee::regrole::text END || ' may call ' || name
FROM (
    SELECT p.oid::regprocedure::text AS name, proowner, a.*
    FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner))) a
    WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(points|ledger)_'
) granted
WHERE grantee <> proowner AND grantee NOT IN (SELECT caller FROM mall UNION ALL SELECT caller FROM opened)
UNION ALL
SELECT NULL, 'rights', rolname || ' may make things in the schema public'
FROM pg_roles WHERE oid IN (SELECT caller FROM opened) AND has_schema_privilege(oid, 'public', 'CREATE')
UNION ALL -- but those who migrate this database or another of the server, or make roles
SELECT NULL, 'rights', rolname || ' may become points_ledger'
FROM pg_roles r, mall
WHERE pg_has_role(r.oid, to_regrole('points_ledger'), 'MEMBER') AND rolname <> 'points_ledger' AND NOT rolsuper
    AND NOT rolcreaterole AND NOT pg_has_role(r.oid, mall.caller, 'MEMBER')
    AND NOT EXISTS (SELECT FROM pg_database WHERE datdba = r.oid)
UNION ALL
SELECT NULL, 'rights', 'sessions begin with ' || setting
FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) setting
WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    AND setting LIKE 'session_replication_role=%' AND setting <> 'session_replication_role=origin'
