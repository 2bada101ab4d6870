from django.db import migrations

from points.ledger import sql


class Migration(migrations.Migration):
    """Only the mall may call the ledger's functions.

    Locks are short, and no row is read. Processes of the version before need not be stopped: their role keeps its right,
    if ``close_ledger --web`` gave it the other tables. A role that got them by hand needs that command now.
    """

    dependencies = [("points", "0025_holds_of_before")]

    operations = [sql.install("1f96ec13ce7b77e6")]
