-- Everything of the database that makes the ledger's tables and functions what they are, a line each, the bodies of
-- functions aside: those are files. Owners and privileges differ from one database to another: audit/rights.sql.
WITH ledger AS (
    SELECT oid, relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
        AND relname IN ('points_account', 'points_entry', 'points_lot', 'points_hold', 'points_allocation')
)
SELECT concat_ws(' ', 'table', c.relname, 'kind', c.relkind, c.relpersistence,
    CASE WHEN c.relrowsecurity OR c.relforcerowsecurity THEN 'row security' END,
    CASE WHEN c.relhassubclass OR c.relispartition THEN 'inheritance' END) AS line
FROM pg_class c JOIN ledger USING (oid)
UNION ALL
SELECT concat_ws(' ', 'column', l.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' END,
    CASE a.attgenerated WHEN '' THEN 'default' ELSE 'generated' END || ' ' || pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute a JOIN ledger l ON l.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT concat_ws(' ', 'constraint', l.relname, c.conname, pg_get_constraintdef(c.oid))
FROM pg_constraint c JOIN ledger l ON l.oid = c.conrelid
WHERE c.contype <> 'n' -- those are with the columns
UNION ALL
SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'invalid' END)
FROM pg_index i JOIN ledger l ON l.oid = i.indrelid
UNION ALL
SELECT concat_ws(' ', 'trigger', t.tgenabled, pg_get_triggerdef(t.oid))
FROM pg_trigger t JOIN ledger l ON l.oid = t.tgrelid
WHERE NOT t.tgisinternal
UNION ALL
SELECT concat_ws(' ', 'key trigger', l.relname, c.conname, t.tgfoid::regproc, t.tgenabled)
FROM pg_trigger t JOIN ledger l ON l.oid = t.tgrelid JOIN pg_constraint c ON c.oid = t.tgconstraint
WHERE t.tgisinternal AND c.conrelid = t.tgrelid
UNION ALL
SELECT concat_ws(' ', 'rule', pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN ledger l ON l.oid = r.ev_class
UNION ALL
SELECT concat_ws(' ', 'policy', l.relname, p.polname) FROM pg_policy p JOIN ledger l ON l.oid = p.polrelid
UNION ALL
SELECT concat_ws(' ', 'function', p.oid::regprocedure, 'returns', pg_get_function_result(p.oid), l.lanname,
    CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
    CASE WHEN p.proisstrict THEN 'strict' END, CASE WHEN p.prosecdef THEN 'security definer' END, array_to_string(p.proconfig, ', '))
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'public'::regnamespace AND p.proname ~ '^(points|ledger)_'
