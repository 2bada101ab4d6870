-- The hold that was made with this key; raises PT006 when there is none.
CREATE OR REPLACE FUNCTION points_find_hold(p_account bigint, p_key text) RETURNS points_hold
LANGUAGE plpgsql AS $$
DECLARE
    h points_hold;
BEGIN
    SELECT * INTO h FROM points_hold WHERE account_id = p_account AND key = p_key;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT006', MESSAGE = 'no such hold',
            DETAIL = json_build_object('hold', p_key);
    END IF;
    RETURN h;
END $$;
