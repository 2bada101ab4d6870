-- Gives points of an entry or hold back to the lots that paid, last one first (B7). A lot that ended meanwhile: the
-- points get a grace lot until p_grace_until; without grace they return to the ended lot, where the clock keeps them
-- from being spent and the next expiry run books them out. Returns what went where, and the last number used.
CREATE OR REPLACE FUNCTION points_give_back(
    p_account bigint, p_taker integer, p_points integer, p_at timestamptz, p_grace_until timestamptz,
    p_last_seq integer, OUT pieces jsonb, OUT last_seq integer
)
LANGUAGE plpgsql AS $$
DECLARE
    x record;
    v_left integer := p_points;
    v_points integer;
    v_lot integer;
    v_ended boolean;
    v_expires_at timestamptz;
BEGIN
    pieces := '[]';
    last_seq := p_last_seq;
    FOR x IN
        SELECT al.position, al.lot, al.points - al.returned AS points, l.expires_at
        FROM points_allocation al JOIN points_lot l ON l.account_id = al.account_id AND l.seq = al.lot
        WHERE al.account_id = p_account AND al.taker = p_taker AND al.returned < al.points
        ORDER BY al.position DESC
    LOOP
        v_points := least(x.points, v_left);
        v_ended := coalesce(x.expires_at <= p_at, false);
        UPDATE points_allocation SET returned = returned + v_points
        WHERE account_id = p_account AND taker = p_taker AND position = x.position;
        IF v_ended AND p_grace_until IS NOT NULL THEN
            last_seq := last_seq + 1;
            v_lot := last_seq;
            v_expires_at := p_grace_until;
            INSERT INTO points_lot (account_id, seq, points, remaining, active_from, expires_at, origin)
            VALUES (p_account, v_lot, v_points, v_points, p_at, p_grace_until, x.lot);
        ELSE
            v_lot := x.lot;
            v_expires_at := x.expires_at;
            UPDATE points_lot SET remaining = remaining + v_points WHERE account_id = p_account AND seq = x.lot;
        END IF;
        pieces := pieces || jsonb_build_object(
            'lot', v_lot, 'points', v_points, 'expires_at', v_expires_at,
            'grace', v_ended AND p_grace_until IS NOT NULL
        );
        v_left := v_left - v_points;
        EXIT WHEN v_left = 0;
    END LOOP;
    IF v_left > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'PT004', MESSAGE = 'more than was spent',
            DETAIL = json_build_object('asked', p_points, 'left', p_points - v_left);
    END IF;
END $$;
