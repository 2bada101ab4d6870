-- Gives points of an entry or hold back to the lots that paid, last one first (B7), with the end that earnings gave the
-- others meanwhile (B9). A lot that is over all the same: the points get a grace lot until p_grace_until, or, with
-- p_from_end, as long after the lot's own end; once, a grace lot that is over gets none. Without grace they return to the
-- ended lot, where the clock keeps them from being spent and the next expiry run books them out. Returns what went where,
-- and the last number used.
CREATE OR REPLACE FUNCTION points_give_back(
    p_account bigint, p_taker integer, p_points integer, p_at timestamptz, p_grace_until timestamptz,
    p_last_seq integer, p_from_end boolean DEFAULT false, OUT pieces jsonb, OUT last_seq integer
)
LANGUAGE plpgsql AS $$
DECLARE
    x record;
    v_left integer := p_points;
    v_points integer;
    v_grace_until timestamptz;
    v_grace boolean;
BEGIN
    pieces := '[]';
    last_seq := p_last_seq;
    FOR x IN
        SELECT al.position, al.lot, al.points - al.returned AS points, l.expires_at, l.origin
        FROM points_allocation al JOIN points_lot l ON l.account_id = al.account_id AND l.seq = al.lot
        WHERE al.account_id = p_account AND al.taker = p_taker AND al.returned < al.points
        ORDER BY al.position DESC
    LOOP
        v_points := least(x.points, v_left);
        IF x.origin IS NULL THEN
            x.expires_at := points_renewed_end(p_account, p_taker, x.expires_at);
        END IF;
        v_grace_until := CASE WHEN x.origin IS NOT NULL THEN NULL
            WHEN p_from_end THEN x.expires_at + (p_grace_until - p_at) ELSE p_grace_until END;
        v_grace := (x.expires_at <= p_at AND v_grace_until > p_at) IS TRUE;
        UPDATE points_allocation SET returned = returned + v_points
        WHERE account_id = p_account AND taker = p_taker AND position = x.position;
        IF v_grace THEN
            last_seq := last_seq + 1;
            INSERT INTO points_lot (account_id, seq, points, remaining, active_from, expires_at, origin)
            VALUES (p_account, last_seq, v_points, v_points, p_at, v_grace_until, x.lot);
            x.lot := last_seq;
            x.expires_at := v_grace_until;
        ELSE
            UPDATE points_lot SET remaining = remaining + v_points, expires_at = x.expires_at
            WHERE account_id = p_account AND seq = x.lot;
        END IF;
        pieces := pieces || jsonb_build_object(
            'lot', x.lot, 'points', v_points, 'expires_at', x.expires_at, 'grace', v_grace
        );
        v_left := v_left - v_points;
        EXIT WHEN v_left = 0;
    END LOOP;
    IF v_left > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'PT004', MESSAGE = 'more than was spent',
            DETAIL = json_build_object('asked', p_points, 'left', p_points - v_left);
    END IF;
END $$;
