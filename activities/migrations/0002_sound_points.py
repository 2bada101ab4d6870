from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """A sign-in on a day whose limit was reached gave 0 points. No row is looked at: all of them have more."""

    dependencies = [("activities", "0001_initial")]

    operations = [
        migrations.AlterField(
            "signin",
            "points",
            models.PositiveIntegerField(help_text="As they were booked on that day.", verbose_name="points"),
        ),
        migrations.RemoveConstraint("signin", "sign_in_points_positive"),
        AddConstraintNotValid(
            "signin",
            models.CheckConstraint(condition=models.Q(("points__gte", 0)), name="sign_in_points_sound"),
        ),
    ]
