from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('points', '0006_tiers'),
    ]

    operations = [
    ]
