-- The entry that this key made before, or all NULL when the key is new. One name, one act: a key that stands for
-- anything else on this account (another entry, a hold, a release) raises PT002. Who asks, when and with which
-- words may differ in a retry; what happens to the points may not.
CREATE OR REPLACE FUNCTION points_replay(
    p_account bigint, p_key text, p_kind text, p_points integer, p_source text,
    p_hold integer DEFAULT NULL, p_reverses integer DEFAULT NULL
) RETURNS points_entry
LANGUAGE plpgsql AS $$
DECLARE
    e points_entry;
BEGIN
    SELECT * INTO e FROM points_entry WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        IF (e.kind, e.points, e.source) = (p_kind, p_points, p_source)
            AND e.hold_seq IS NOT DISTINCT FROM p_hold AND e.reverses IS NOT DISTINCT FROM p_reverses
        THEN
            RETURN e;
        END IF;
    ELSIF NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND key = p_key)
        AND NOT EXISTS (SELECT FROM points_hold WHERE account_id = p_account AND release_key = p_key)
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'PT002', MESSAGE = 'key used for something else',
        DETAIL = json_build_object('key', p_key);
END $$;
