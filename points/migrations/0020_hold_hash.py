from django.db import migrations, models


class Migration(migrations.Migration):
    """Holds get a hash over their columns: an empty column, filled by the functions from now on."""

    dependencies = [("points", "0019_entries_of_a_day")]

    operations = [
        migrations.AddField("pointshold", "hash", models.BinaryField("hash", max_length=32, null=True)),
    ]
