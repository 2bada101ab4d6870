from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside the writers, whatever the size of the table."""

    atomic = False
    dependencies = [("core", "0005_approve_parameters")]
    operations = [
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("handled_at__isnull", False)), fields=["handled_at"], name="outbox_handled"
            ),
        ),
    ]
