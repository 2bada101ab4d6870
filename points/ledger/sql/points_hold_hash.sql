-- The hash of a hold: SHA-256 over all its columns, written as those of an entry are (points_entry_hash). A hold changes
-- once, when it ends, and its hash with it: who held what, and who ended it, is in no entry.
CREATE OR REPLACE FUNCTION points_hold_hash(
    p_account bigint, p_seq integer, p_points integer, p_state text, p_key text, p_source text, p_by text,
    p_at timestamptz, p_expires_at timestamptz, p_ended_at timestamptz, p_ended_by text, p_entry_seq integer,
    p_release_key text, p_outcome jsonb
) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(ROW(
        p_account, p_seq, p_points, p_state, p_key, p_source, p_by, extract(epoch FROM p_at),
        extract(epoch FROM p_expires_at), extract(epoch FROM p_ended_at), p_ended_by, p_entry_seq, p_release_key,
        p_outcome
    )::text, 'UTF8'))
$$;
