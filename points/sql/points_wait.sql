-- How long the statements that follow wait for a lock. A caller who holds other locks already has set it; one who does
-- not shall not hang either. A single expression, so that it costs no call where it stands.
CREATE OR REPLACE FUNCTION points_wait(p_wait_ms integer) RETURNS text
LANGUAGE sql AS $$
    SELECT CASE current_setting('lock_timeout') WHEN '0' THEN set_config('lock_timeout', p_wait_ms::text, true) END
$$;
