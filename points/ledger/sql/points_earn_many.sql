-- The name of before, for processes of the version before.
CREATE OR REPLACE FUNCTION points_earn_many(
    p_accounts bigint[], p_points integer[], p_keys text[], p_reasons text[], p_kind text, p_by text,
    p_at timestamptz, p_source text, p_expires_at timestamptz, p_renew_until timestamptz,
    OUT r_repeated boolean[]
)
LANGUAGE plpgsql AS $$
DECLARE
    v_rows integer[] := ARRAY[cardinality(p_accounts)];
    v_at timestamptz[] := array_fill(p_at, v_rows);
BEGIN
    r_repeated := ledger_earn_many(
        p_accounts, p_points, p_kind, p_keys, p_by, v_at, array_fill(p_source, v_rows), p_reasons,
        array_fill(p_expires_at, v_rows), v_at, array_fill(''::text, v_rows), array_fill(NULL::jsonb, v_rows),
        array_fill(p_renew_until, v_rows)
    );
END $$;
