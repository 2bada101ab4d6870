-- What a row of points_account may look like. One function of the whole row behind one constraint, as for lots,
-- allocations and holds: PostgreSQL reads the text of a constraint anew for every posting, and reading these rules costs
-- more than judging them.
CREATE OR REPLACE FUNCTION points_account_sound(a points_account) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN least(a.last_seq, a.unspent, a.held, a.debt, a.lifetime_earned) >= 0;
END $$;
