-- The hash of an entry: SHA-256 over the hash of the account's entry before and over all its columns, written as a
-- JSON list (moments as microseconds since 1970, so that no session setting changes the text).
CREATE OR REPLACE FUNCTION points_entry_hash(
    p_before bytea, p_account bigint, p_seq integer, p_kind text, p_points integer, p_balance_after bigint,
    p_at timestamptz, p_key text, p_source text, p_reason text, p_by text, p_rule_version text, p_breakdown jsonb,
    p_active_from timestamptz, p_expires_at timestamptz, p_hold_seq integer, p_reverses integer
) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(p_before || convert_to(jsonb_build_array(
        p_account, p_seq, p_kind, p_points, p_balance_after, (extract(epoch FROM p_at) * 1000000)::bigint,
        p_key, p_source, p_reason, p_by, p_rule_version, p_breakdown,
        (extract(epoch FROM p_active_from) * 1000000)::bigint, (extract(epoch FROM p_expires_at) * 1000000)::bigint,
        p_hold_seq, p_reverses
    )::text, 'UTF8'))
$$;
