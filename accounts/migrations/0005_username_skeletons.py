import accounts.models
import django.core.validators
from contextlib import suppress
from django.db import IntegrityError, migrations, models, transaction

from core.lookalikes import skeleton

BATCH = 1000
# The first of those that look alike keeps the name; the others stay as they are, with NULL.
WRITE = """
UPDATE accounts_user SET username_skeleton = found.skeleton
FROM unnest(%s::bigint[], %s::text[]) AS found (id, skeleton)
WHERE accounts_user.id = found.id
  AND NOT EXISTS (SELECT FROM accounts_user taken WHERE taken.username_skeleton = found.skeleton)
"""
INDEX = "user_username_unlike_others"


def fill(apps, schema_editor):
    """Batch after batch in transactions of their own, beside those who sign up."""
    User = apps.get_model("accounts", "User")
    named, last = User.objects.filter(username__isnull=False, username_skeleton=None), 0
    while rows := list(named.filter(pk__gt=last).order_by("pk").values_list("pk", "username")[:BATCH]):
        last, first = rows[-1][0], {}
        for pk, username in rows:
            first.setdefault(skeleton(username), pk)
        is_written = False
        while not is_written:  # somebody took one of the names in this moment: now it can be seen
            with suppress(IntegrityError), transaction.atomic(), schema_editor.connection.cursor() as cursor:
                cursor.execute(WRITE, [list(first.values()), list(first)])
                is_written = True


class Migration(migrations.Migration):

    atomic = False  # no lock while the table is read

    dependencies = [
        ('accounts', '0004_ways_in'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='username_skeleton',
            field=models.TextField(editable=False, null=True),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {INDEX} ON accounts_user (username_skeleton)",
                    f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}",
                ),
                migrations.RunSQL(
                    f"ALTER TABLE accounts_user ADD CONSTRAINT {INDEX} UNIQUE USING INDEX {INDEX}",
                    f"ALTER TABLE accounts_user DROP CONSTRAINT {INDEX}",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='user',
                    constraint=models.UniqueConstraint(fields=('username_skeleton',), name=INDEX),
                ),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name='user',
            name='username',
            field=models.CharField(blank=True, max_length=32, null=True, validators=[django.core.validators.RegexValidator('^[^\\W\\d_][\\w.-]*\\Z', 'A username starts with a letter; letters, digits, dot, dash and underscore may follow.'), accounts.models.one_script_validator, accounts.models.no_phone_validator], verbose_name='username'),
        ),
    ]
