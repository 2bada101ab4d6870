from django.db import migrations, models


class Migration(migrations.Migration):
    """A column without a default: no row is touched. Orders received before keep the time that the parameter gives."""

    dependencies = [("orders", "0006_provider_words")]

    operations = [
        migrations.AddField(
            "order", "returnable_until", models.DateTimeField("can be returned until", null=True, blank=True)
        ),
    ]
