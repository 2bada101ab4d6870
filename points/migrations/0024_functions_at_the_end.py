from django.db import migrations

from points.ledger import sql


class Migration(migrations.Migration):
    """Functions, triggers and owner of the ledger, which all migrations before leave to this one.

    Locks are short, the account's table first as every posting has it, and no row is read. Processes of the version
    before need not be stopped: their calls find the new functions.
    """

    dependencies = [("points", "0023_opened_by_a_second_person")]

    operations = [sql.install("4a49f85fdf281fe4")]
