from django.db import migrations


class Migration(migrations.Migration):
    """Holds of before get their hash in 0025: first come the functions that give one to every hold that is made or ends
    meanwhile."""

    dependencies = [("points", "0020_hold_hash")]

    operations = []
