-- Entries are for ever; a correction is a further entry.
CREATE OR REPLACE FUNCTION points_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'PT008', MESSAGE = 'points entries cannot be changed or deleted';
END $$;
