-- Whether a caller may give this breakdown with an earning: none, or steps. All other keys the ledger writes itself.
CREATE OR REPLACE FUNCTION points_breakdown_given(p_breakdown jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT p_breakdown IS NULL OR CASE jsonb_typeof(p_breakdown) WHEN 'object' THEN p_breakdown - 'steps' = '{}'
        AND coalesce(jsonb_typeof(p_breakdown -> 'steps'), 'array') = 'array' ELSE false END
$$;
