from django.db import migrations


class Migration(migrations.Migration):
    """Debits and holds look once for the key and the first lot, then write plain rows: as all functions of the
    ledger, they come with the last migration."""

    dependencies = [("points", "0007_partners")]

    operations = []
