from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.utils import timezone

from core.clock import day_end

DAYS = 14


def give_a_day(apps, schema_editor):
    """Earnings that wait already are decided, or released, as late as one that is set aside today."""
    waiting = apps.get_model("points", "EarningReview").objects.filter(state="pending", due_at=None)
    waiting.update(due_at=day_end(timezone.now(), DAYS))


class Migration(migrations.Migration):
    """Looks at each row once, while others read and write."""

    atomic = False

    dependencies = [("points", "0012_appeals")]

    operations = [
        ValidateConstraint("earningreview", "points_review_state"),
        AddIndexConcurrently(
            "earningreview",
            models.Index(
                fields=["due_at"],
                name="points_review_open",
                condition=models.Q(("state__in", ["pending", "appealed"])),
            ),
        ),
        RemoveIndexConcurrently("earningreview", "points_review_waiting"),
        migrations.RunPython(give_a_day, migrations.RunPython.noop),
    ]
