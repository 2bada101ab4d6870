-- Takes points out of the lots for an entry or a hold, soonest to end first, and writes down which lot paid how much.
-- Raises PT001 when the lots that are active and have not ended by p_at do not cover it (B4).
CREATE OR REPLACE FUNCTION points_take(p_account bigint, p_taker integer, p_points integer, p_at timestamptz)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    l record;
    v_needed integer := p_points;
    v_position integer := 0;
BEGIN
    FOR l IN
        SELECT seq, least(remaining, p_points) AS points FROM points_lot
        WHERE account_id = p_account AND open AND active_from <= p_at AND (expires_at IS NULL OR expires_at > p_at)
        ORDER BY expires_at, active_from, seq
    LOOP
        l.points := least(l.points, v_needed);
        v_position := v_position + 1;
        UPDATE points_lot SET remaining = remaining - l.points WHERE account_id = p_account AND seq = l.seq;
        INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
        VALUES (p_account, p_taker, v_position, l.seq, l.points, 0);
        v_needed := v_needed - l.points;
        EXIT WHEN v_needed = 0;
    END LOOP;
    IF v_needed > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'PT001', MESSAGE = 'not enough points',
            DETAIL = json_build_object('needed', p_points, 'available', p_points - v_needed);
    END IF;
END $$;
