-- Takes what is there, up to p_points, for an entry that takes points back: from the lot p_own and the grace lots that
-- came of it, even if they ended; then from the active ones, soonest to end first; then from those not active yet (B8).
-- Adds to what the entry took before, and returns how many points it got.
CREATE OR REPLACE FUNCTION points_collect(
    p_account bigint, p_taker integer, p_points bigint, p_at timestamptz, p_own integer
) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    l record;
    v_got integer := 0;
    v_position integer;
BEGIN
    SELECT coalesce(max(position), 0) INTO v_position FROM points_allocation
    WHERE account_id = p_account AND taker = p_taker;
    FOR l IN
        SELECT seq, remaining FROM points_lot
        WHERE account_id = p_account AND open
            AND (seq = p_own OR origin = p_own OR (expires_at > p_at) IS NOT FALSE)
        ORDER BY (seq = p_own OR origin = p_own) IS NOT TRUE, active_from > p_at, expires_at, active_from, seq
    LOOP
        EXIT WHEN v_got = p_points;
        l.remaining := least(l.remaining, p_points - v_got);
        v_position := v_position + 1;
        UPDATE points_lot SET remaining = remaining - l.remaining WHERE account_id = p_account AND seq = l.seq;
        INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
        VALUES (p_account, p_taker, v_position, l.seq, l.remaining, 0);
        v_got := v_got + l.remaining;
    END LOOP;
    RETURN v_got;
END $$;
