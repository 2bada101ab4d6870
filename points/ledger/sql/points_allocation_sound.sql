-- What an allocation may look like: never more comes back than was taken.
CREATE OR REPLACE FUNCTION points_allocation_sound(al points_allocation) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN al.points > 0 AND al.returned BETWEEN 0 AND al.points;
END $$;
