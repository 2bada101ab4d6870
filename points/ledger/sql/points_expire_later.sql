-- The lots that an earning at p_at keeps alive until p_until, where activity is the rule (B9): open, not ended, and
-- ending sooner. Not those given back by grace. As a JSON list of their numbers, NULL when there are none.
CREATE OR REPLACE FUNCTION points_expire_later(p_account bigint, p_at timestamptz, p_until timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT jsonb_agg(seq ORDER BY seq) FROM points_lot
        WHERE account_id = p_account AND open AND expires_at > p_at AND expires_at < p_until AND origin IS NULL
    );
END $$;
