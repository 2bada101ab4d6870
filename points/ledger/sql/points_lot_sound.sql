-- What a lot may look like: it never pays more than it has, and ends, if it does, after it begins.
CREATE OR REPLACE FUNCTION points_lot_sound(l points_lot) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN l.points > 0 AND l.remaining BETWEEN 0 AND l.points AND (l.expires_at > l.active_from) IS NOT FALSE;
END $$;
