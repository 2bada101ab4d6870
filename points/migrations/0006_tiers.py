from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('points', '0005_rule_sets'),
    ]

    operations = [
    ]
