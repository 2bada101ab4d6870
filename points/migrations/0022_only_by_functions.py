from django.db import migrations


class Migration(migrations.Migration):
    """Only the ledger's functions write its tables. Locks are short: no row is read. Processes of the version before
    write by those functions too, and need not be stopped."""

    dependencies = [("points", "0021_old_holds_too")]

    operations = []
