-- Refuses quickly, before anything is written, what even the sum of all lots cannot cover. points_take judges the rest.
CREATE OR REPLACE FUNCTION points_require(a points_account, p_points integer, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(a.unspent, 0) < p_points THEN
        RAISE EXCEPTION USING ERRCODE = 'PT001', MESSAGE = 'not enough points',
            DETAIL = json_build_object('needed', p_points, 'available', points_spendable(a.account_id, p_at));
    END IF;
END $$;
