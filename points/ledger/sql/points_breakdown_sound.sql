-- Whether what the ledger writes into the breakdown of an entry, or the outcome of a hold, can be read as it writes it. For
-- the audit: a statement that meets anything else would end there, and say nothing about all others.
CREATE OR REPLACE FUNCTION points_breakdown_sound(p_breakdown jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM (p_breakdown ->> 'debt')::integer, (p_breakdown ->> 'owed')::integer, (p_breakdown ->> 'asked')::integer,
        (p_breakdown ->> 'until')::timestamptz;
    PERFORM lot::integer FROM jsonb_array_elements_text(p_breakdown -> 'renewed') lot;
    RETURN p_breakdown IS NULL OR jsonb_typeof(p_breakdown) = 'object' AND NOT EXISTS (
        SELECT FROM jsonb_to_recordset(p_breakdown -> 'pieces')
            AS p (lot integer, points integer, expires_at timestamptz, grace boolean)
        WHERE lot IS NULL OR points IS NULL OR grace IS NULL OR expires_at = '-infinity'
    );
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$;
