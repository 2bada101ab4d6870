from django.db import migrations, models


class Migration(migrations.Migration):
    """Points may be earned before anybody knows from when they can be used. The column only loses its NOT NULL: no row
    is touched."""

    dependencies = [("points", "0010_old_rows_are_sound")]

    operations = [
        migrations.AlterField(
            "pointsentry",
            "kind",
            models.CharField(
                "kind",
                max_length=16,
                choices=[
                    ("sign_up", "Welcome gift"),
                    ("sign_in", "Daily sign-in"),
                    ("purchase", "Purchase reward"),
                    ("campaign", "Activity reward"),
                    ("adjust", "Adjustment"),
                    ("refund", "Points returned"),
                    ("redeem", "Redemption"),
                    ("expire", "Points ended"),
                    ("clawback", "Reward taken back"),
                    ("begin", "Usable from"),
                ],
            ),
        ),
        migrations.AlterField("purchase", "active_from", models.DateTimeField("points usable from", null=True)),
    ]
