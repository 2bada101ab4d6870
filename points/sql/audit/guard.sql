-- Entries are append-only only while their triggers are on.
SELECT NULL::bigint, 'guard', 'trigger ' || wanted.name || ' is off or gone'
FROM (VALUES ('points_entry_immutable'), ('points_entry_no_truncate')) wanted (name)
WHERE NOT EXISTS (
    SELECT FROM pg_trigger WHERE tgrelid = 'points_entry'::regclass AND tgname = wanted.name AND tgenabled IN ('O', 'A')
)
