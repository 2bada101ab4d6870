-- The begin of points of which nobody can say yet from when they can be used (B5). A moment that never comes, and not
-- NULL: whoever asks what is active by now need not know about it.
CREATE OR REPLACE FUNCTION points_undated() RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
    SELECT '9999-01-01 00:00:00+00'::timestamptz
$$;
