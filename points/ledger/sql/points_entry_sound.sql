-- What an entry may look like: earned and returned points are positive, spent ones negative; only a debit captures a
-- hold; a refund, and a clawback, say which entry they correct; an entry of no points says when an earning begins. One
-- function behind one constraint of points_entry: PostgreSQL reads the text of a constraint anew for every posting, and
-- reading this rule costs more than judging it.
CREATE OR REPLACE FUNCTION points_entry_sound(p_kind text, p_points integer, p_hold_seq integer, p_reverses integer)
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE
        WHEN p_points > 0 THEN p_hold_seq IS NULL
            AND p_kind IN ('sign_up', 'sign_in', 'purchase', 'campaign', 'adjust', 'refund')
            AND (p_kind = 'refund') = (p_reverses IS NOT NULL)
        WHEN p_points < 0 THEN p_kind IN ('redeem', 'adjust', 'expire', 'clawback')
            AND (p_reverses IS NULL OR p_kind = 'clawback')
        ELSE p_points = 0 AND p_kind = 'begin' AND p_reverses IS NOT NULL AND p_hold_seq IS NULL
    END;
END $$;
