-- What a hold may look like: it has a key, and ends once, by an entry that captures it or by a release.
CREATE OR REPLACE FUNCTION points_hold_sound(h points_hold) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN h.points > 0 AND h.seq > 0 AND h.key <> '' AND CASE h.state
        WHEN 'open' THEN h.ended_at IS NULL AND h.entry_seq IS NULL AND h.release_key IS NULL
        WHEN 'captured' THEN h.ended_at IS NOT NULL AND h.entry_seq IS NOT NULL AND h.release_key IS NULL
        WHEN 'released' THEN h.ended_at IS NOT NULL AND h.entry_seq IS NULL AND h.release_key IS NOT NULL
        ELSE false
    END;
END $$;
