from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from points.ledger import sql

SIGNATURES = (
    "ledger_capture", "ledger_clawback", "ledger_earn", "ledger_hold", "ledger_refund", "ledger_release",
    "ledger_spend", "points_earn_many", "points_expire", "points_lock", "points_open", "points_wait",
)  # fmt: skip
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


def drop_signatures(apps, schema_editor):
    """Those of before have one argument more, and would stay beside the new ones."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT oid::regprocedure FROM pg_proc WHERE proname = ANY (%s)", [list(SIGNATURES)])
        for (signature,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {signature}")


def sound(table):
    whole_row = models.Func(template=f"{table}_sound({table})", output_field=models.BooleanField())
    return models.CheckConstraint(condition=whole_row, name=f"{table}_sound")


class Migration(migrations.Migration):
    """Rows of the ledger are never deleted, so its keys go; a constraint judges a whole row; sessions limit waits.

    Locks are short: keys and constraints go without a look at the rows, new constraints hold for new rows at once and
    for old ones after the next migration. Processes of the version before call the functions with an argument that is
    gone: stop them first.
    """

    dependencies = [("points", "0008_fewer_steps")]

    operations = [
        migrations.RunPython(drop_signatures, migrations.RunPython.noop),
        sql.install("1818c0afb2ed9cdc"),
        sql.guard(),
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
