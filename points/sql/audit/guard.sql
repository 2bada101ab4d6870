-- Rows stay and entries do not change only while the triggers are on.
SELECT NULL::bigint, 'guard', 'trigger ' || wanted.name || ' is off or gone'
FROM (VALUES
    ('points_entry', 'points_entry_immutable'), ('points_entry', 'points_entry_no_truncate'),
    ('points_account', 'points_account_stays'), ('points_lot', 'points_lot_stays'),
    ('points_hold', 'points_hold_stays'), ('points_allocation', 'points_allocation_stays')
) wanted (relation, name)
WHERE NOT EXISTS (
    SELECT FROM pg_trigger
    WHERE tgrelid = wanted.relation::regclass AND tgname = wanted.name AND tgenabled IN ('O', 'A')
)
