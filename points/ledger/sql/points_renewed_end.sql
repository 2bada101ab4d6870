-- When a lot ends whose points were away since number p_after of the account: as if it had been there for the earnings
-- that came since and kept the others alive (B9).
CREATE OR REPLACE FUNCTION points_renewed_end(p_account bigint, p_after integer, p_end timestamptz) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    x record;
BEGIN
    FOR x IN
        SELECT at, (breakdown ->> 'until')::timestamptz AS until FROM points_entry
        WHERE account_id = p_account AND seq > p_after AND breakdown ? 'until'
        ORDER BY seq
    LOOP
        IF p_end > x.at AND p_end < x.until THEN
            p_end := x.until;
        END IF;
    END LOOP;
    RETURN p_end;
END $$;
