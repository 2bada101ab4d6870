-- What entries and holds say of how they came about can be read, and an earning says nothing that only a correction may.
-- The other statements leave out what is named here.
SELECT account_id, 'breakdown', 'entry ' || seq || ' has a breakdown that the ledger does not write'
FROM points_entry
WHERE CASE
    WHEN jsonb_typeof(breakdown) <> 'object' THEN true
    WHEN breakdown - 'steps' = '{}' THEN false
    ELSE (reverses IS NULL AND breakdown ?| '{pieces,asked,policy,owed}') OR NOT points_breakdown_sound(breakdown)
END
UNION ALL
SELECT account_id, 'breakdown', 'hold ' || seq || ' has an outcome that the ledger does not write'
FROM points_hold WHERE outcome IS NOT NULL AND NOT points_breakdown_sound(outcome)
