from django.db import migrations

from points.ledger import sql


def drop_signatures(apps, schema_editor):
    """Those of before have an argument less; the new ones have a default for it, so that calls of the version before
    find them."""
    with schema_editor.connection.cursor() as cursor:
        for name in ("ledger_refund", "points_give_back"):
            cursor.execute("SELECT oid::regprocedure FROM pg_proc WHERE proname = %s", [name])
            for (signature,) in cursor.fetchall():
                cursor.execute(f"DROP FUNCTION {signature}")


class Migration(migrations.Migration):
    """Points that come back live as long as those that were there, and have their grace once; no account stops the
    sweep of the others."""

    dependencies = [("points", "0016_approvals")]

    operations = [
        migrations.RunPython(drop_signatures, migrations.RunPython.noop),
        sql.install("6d0cde10e376a0bc"),
    ]
