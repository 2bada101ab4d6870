-- How a give-back is written down: where the points went, and how many of them paid what the account owed.
CREATE OR REPLACE FUNCTION points_outcome(p_pieces jsonb, p_paid_debt integer) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_paid_debt WHEN 0 THEN jsonb_build_object('pieces', p_pieces)
        ELSE jsonb_build_object('pieces', p_pieces, 'debt', p_paid_debt) END
$$;
