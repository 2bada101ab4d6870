from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """Reads the table once, while others write."""

    atomic = False

    dependencies = [("points", "0018_approve_rules")]

    operations = [
        AddIndexConcurrently("pointsentry", BrinIndex(fields=["at"], name="points_entry_of_day", autosummarize=True)),
    ]
