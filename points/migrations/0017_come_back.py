from django.db import migrations


class Migration(migrations.Migration):
    """Points that come back live as long as those that were there, and have their grace once; no account stops the
    sweep of the others."""

    dependencies = [("points", "0016_approvals")]

    operations = []
