from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# As they were then: the functions of today come with the last migration (points.ledger.sql).
SOUND = """
CREATE OR REPLACE FUNCTION points_account_sound(a points_account) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN least(a.last_seq, a.unspent, a.held, a.debt, a.lifetime_earned) >= 0;
END $$;

CREATE OR REPLACE FUNCTION points_lot_sound(l points_lot) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN l.points > 0 AND l.remaining BETWEEN 0 AND l.points AND (l.expires_at > l.active_from) IS NOT FALSE;
END $$;

CREATE OR REPLACE FUNCTION points_hold_sound(h points_hold) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN h.points > 0 AND h.seq > 0 AND h.key <> '' AND CASE h.state
        WHEN 'open' THEN h.ended_at IS NULL AND h.entry_seq IS NULL AND h.release_key IS NULL
        WHEN 'captured' THEN h.ended_at IS NOT NULL AND h.entry_seq IS NOT NULL AND h.release_key IS NULL
        WHEN 'released' THEN h.ended_at IS NOT NULL AND h.entry_seq IS NULL AND h.release_key IS NOT NULL
        ELSE false
    END;
END $$;

CREATE OR REPLACE FUNCTION points_allocation_sound(al points_allocation) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN al.points > 0 AND al.returned BETWEEN 0 AND al.points;
END $$;
"""
KEYS = {
    "points_entry": ("points_entry_of_account", "points_entry_of_hold", "points_entry_reverses"),
    "points_hold": ("points_hold_of_account", "points_hold_captured"),
    "points_lot": ("points_lot_of_account", "points_lot_origin"),
    "points_allocation": ("points_allocation_of_lot",),
}
CHECKS = {
    "pointsaccount": ("points_account", "points_account_not_negative"),
    "pointslot": ("points_lot", "points_lot_sound"),
    "pointshold": ("points_hold", "points_hold_named", "points_hold_ends_once"),
    "pointsallocation": ("points_allocation", "points_allocation_returned"),
}


def sound(table):
    whole_row = models.Func(template=f"{table}_sound({table})", output_field=models.BooleanField())
    return models.CheckConstraint(condition=whole_row, name=f"{table}_sound")


class Migration(migrations.Migration):
    """Rows of the ledger are never deleted, so its keys go; a constraint judges a whole row; sessions limit waits.

    Locks are short: keys and constraints go without a look at the rows, new constraints hold for new rows at once and
    for old ones after the next migration. Stop the mall of the version before first: it calls the functions with an
    argument that is gone when the last migration is through.
    """

    dependencies = [("points", "0008_fewer_steps")]

    operations = [
        migrations.RunSQL(SOUND, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}", migrations.RunSQL.noop)
            for table, names in KEYS.items()
            for name in names
        ),
        *(
            migrations.RemoveConstraint(model, name) for model, (_table, *names) in CHECKS.items() for name in names
        ),
        *(AddConstraintNotValid(model, sound(table)) for model, (table, *_names) in CHECKS.items()),
    ]
