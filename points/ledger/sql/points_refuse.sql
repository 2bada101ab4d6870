-- Says that there are not enough points, and how many there are.
CREATE OR REPLACE FUNCTION points_refuse(p_account bigint, p_points integer, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'PT001', MESSAGE = 'not enough points',
        DETAIL = json_build_object('needed', p_points, 'available', points_spendable(p_account, p_at));
END $$;
