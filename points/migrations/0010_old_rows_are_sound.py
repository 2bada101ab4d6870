from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Looks at each row once, while others read and write."""

    atomic = False

    dependencies = [("points", "0009_rows_stay")]

    operations = [
        ValidateConstraint("pointsaccount", "points_account_sound"),
        ValidateConstraint("pointslot", "points_lot_sound"),
        ValidateConstraint("pointshold", "points_hold_sound"),
        ValidateConstraint("pointsallocation", "points_allocation_sound"),
    ]
