-- The hash of an entry: SHA-256 over the hash of the account's entry before and over all its columns, written as one
-- row's text: quoted by PostgreSQL, NULL apart from '', moments as seconds since 1970, so that no session setting
-- changes the text. It is a single expression, so that the planner puts it into the statement that asks.
CREATE OR REPLACE FUNCTION points_entry_hash(
    p_before bytea, p_account bigint, p_seq integer, p_kind text, p_points integer, p_balance_after bigint,
    p_at timestamptz, p_key text, p_source text, p_reason text, p_by text, p_rule_version text, p_breakdown jsonb,
    p_active_from timestamptz, p_expires_at timestamptz, p_hold_seq integer, p_reverses integer
) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(p_before || convert_to(ROW(
        p_account, p_seq, p_kind, p_points, p_balance_after, extract(epoch FROM p_at), p_key, p_source, p_reason, p_by,
        p_rule_version, p_breakdown, extract(epoch FROM p_active_from), extract(epoch FROM p_expires_at), p_hold_seq,
        p_reverses
    )::text, 'UTF8'))
$$;
