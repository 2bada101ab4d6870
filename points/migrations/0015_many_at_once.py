from django.db import migrations


class Migration(migrations.Migration):
    """Earnings of many accounts, each with a moment of its own, in one call; locks and expiry by the ledger's own names.

    The names of before stay for processes of the version before.
    """

    dependencies = [("points", "0014_told")]

    operations = []
