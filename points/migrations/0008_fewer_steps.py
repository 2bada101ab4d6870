from django.db import migrations

from points.ledger import sql


class Migration(migrations.Migration):
    """Debits and holds look once for the key and the first lot, then write plain rows."""

    dependencies = [("points", "0007_partners")]

    operations = [sql.install("26de96afff5cc571")]
