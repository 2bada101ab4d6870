from django.db import migrations, models


class Migration(migrations.Migration):
    """A column with a constant default: PostgreSQL keeps it in the catalogue and writes no row."""

    dependencies = [
        ("orders", "0009_approve_by_hand"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="form_digest",
            field=models.CharField(db_default="", default="", editable=False, max_length=64),
        ),
    ]
