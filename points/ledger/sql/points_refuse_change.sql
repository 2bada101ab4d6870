-- Rows of the ledger are for ever, and entries never change; a correction is a further entry.
CREATE OR REPLACE FUNCTION points_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = 'points entries cannot be changed, and no row of the ledger can be deleted';
END $$;
