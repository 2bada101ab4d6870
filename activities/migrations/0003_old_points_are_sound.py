from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Looks at each row once, while others read and write."""

    atomic = False

    dependencies = [("activities", "0002_sound_points")]

    operations = [ValidateConstraint("signin", "sign_in_points_sound")]
