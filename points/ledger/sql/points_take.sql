-- Takes points out of the lots for an entry or a hold, soonest to end first, and writes down which lot paid how much.
-- Raises PT001 when the lots that are active and have not ended by p_at do not cover it (B4). Returns how many paid.
-- Its callers switch sorting off: the index gives the lots in this order, and the first ones mostly do.
CREATE OR REPLACE FUNCTION points_take(p_account bigint, p_taker integer, p_points integer, p_at timestamptz)
RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    l record;
    v_needed integer := p_points;
    v_position integer := 0;
BEGIN
    FOR l IN
        -- IS NOT FALSE and not OR: the index then gives the lots one by one, in this order
        SELECT seq, remaining FROM points_lot
        WHERE account_id = p_account AND open AND active_from <= p_at AND (expires_at > p_at) IS NOT FALSE
        ORDER BY expires_at, active_from, seq
    LOOP
        l.remaining := least(l.remaining, v_needed);
        v_position := v_position + 1;
        UPDATE points_lot SET remaining = remaining - l.remaining WHERE account_id = p_account AND seq = l.seq;
        INSERT INTO points_allocation (account_id, taker, position, lot, points, returned)
        VALUES (p_account, p_taker, v_position, l.seq, l.remaining, 0);
        v_needed := v_needed - l.remaining;
        IF v_needed = 0 THEN
            RETURN v_position;
        END IF;
    END LOOP;
    RETURN points_refuse(p_account, p_points, p_at);
END $$;
