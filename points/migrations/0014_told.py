import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Notices of before had the key "rules:v7:<start>".
TOLD_BEFORE = """
INSERT INTO points_rule_set_told (rule_set_id, member_id, is_on, since, times)
SELECT DISTINCT ON (v.number, n.member_id) v.number, n.member_id, v.stopped_at IS NULL,
    (n."values" -> 'day' ->> 'day')::timestamptz, 1
FROM accounts_notice n
JOIN points_rule_set_version v ON n.key LIKE 'rules:v' || v.number || ':%'
WHERE n.topic = 'rules'
ORDER BY v.number, n.member_id, n.at DESC
"""


class Migration(migrations.Migration):
    """Keeps which members were told of which version. Reads the notices once, and locks none of them."""

    dependencies = [
        ("accounts", "0002_notices"),
        ("points", "0013_appeals_judged"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleSetTold",
            fields=[
                ("pk", models.CompositePrimaryKey("rule_set_id", "member_id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("is_on", models.BooleanField(verbose_name="counts")),
                ("since", models.DateTimeField(verbose_name="counts from")),
                ("times", models.PositiveSmallIntegerField(verbose_name="times told")),
                ("member", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="member")),
                ("rule_set", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="told", to="points.rulesetversion", verbose_name="version")),
            ],
            options={
                "verbose_name": "member told of a version",
                "verbose_name_plural": "members told of versions",
                "db_table": "points_rule_set_told",
            },
        ),
        migrations.RunSQL(TOLD_BEFORE, migrations.RunSQL.noop),
    ]
