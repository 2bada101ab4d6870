"""Who asked and who decided moves from adjustments and grants into the approvals of all kinds.

The tables hold what staff did by hand, thousands of rows and not millions: each is locked for less than a second.
Stop the mall of the version before first: it reads the columns that go here, and would write what nobody moves.
"""

import django.db.models.deletion
from django.db import migrations, models

FROM_ADJUSTMENTS = """
INSERT INTO core_approval
    (kind, subject, amount, shares, data, owners, reason, by, at, state, decided_by, decided_at, answer)
SELECT 'points.adjustment', 'member:' || member_id, abs(points), jsonb_build_object(member_id::text, abs(points)),
    jsonb_build_object('adjustment', id), '[]', note, requested_by, requested_at, state, decided_by, decided_at, answer
FROM points_adjustment ORDER BY id;
UPDATE points_adjustment SET approval_id = core_approval.id FROM core_approval
WHERE core_approval.kind = 'points.adjustment' AND core_approval.data ->> 'adjustment' = points_adjustment.id::text;
"""
# Of what waits or runs no lines are kept: it is checked again, and whoever uploaded it starts it again. Nobody gets
# twice what the ledger has already.
FROM_GRANTS = """
INSERT INTO core_approval
    (kind, subject, amount, shares, data, owners, reason, by, at, state, decided_by, decided_at, answer)
SELECT 'points.grant', 'grant:' || id, total_points, '{}', '{}', '[]', name, requested_by, requested_at,
    CASE state WHEN 'refused' THEN 'refused' ELSE 'approved' END, decided_by, decided_at, ''
FROM points_bulkgrant WHERE state IN ('done', 'refused') AND decided_by <> '' ORDER BY id;
UPDATE points_bulkgrant SET approval_id = core_approval.id FROM core_approval
WHERE core_approval.kind = 'points.grant' AND core_approval.subject = 'grant:' || points_bulkgrant.id;
UPDATE points_bulkgrant SET state = 'checking' WHERE state IN ('checked', 'pending', 'running');
"""
# A foreign key that waits for the end of the transaction would keep the table from being altered in it.
NOW = "SET CONSTRAINTS ALL IMMEDIATE"


def _approval(field):
    return field(
        null=True,
        blank=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="adjustment" if field is models.OneToOneField else "grants",
        to="core.approval",
        verbose_name="approval",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_approvals"),
        ("points", "0015_many_at_once"),
    ]

    operations = [
        migrations.AddField("bulkgrant", "lines", models.JSONField(default=list, verbose_name="lines")),
        migrations.AddField("bulkgrant", "approval", _approval(models.ForeignKey)),
        migrations.AddField("adjustment", "approval", _approval(models.OneToOneField)),
        migrations.RunSQL(FROM_ADJUSTMENTS, migrations.RunSQL.noop),
        migrations.RunSQL(FROM_GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(NOW, migrations.RunSQL.noop),
        migrations.AlterField(
            "adjustment",
            "approval",
            models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adjustment",
                to="core.approval",
                verbose_name="approval",
            ),
        ),
        migrations.RemoveConstraint("adjustment", "points_adjustment_two_people"),
        migrations.RemoveConstraint("adjustment", "points_adjustment_state"),
        migrations.RemoveIndex("adjustment", "points_adjustment_waiting"),
        migrations.RemoveIndex("adjustment", "points_adjustment_of"),
        migrations.RemoveField("adjustment", "state"),
        migrations.RemoveField("adjustment", "requested_by"),
        migrations.RemoveField("adjustment", "requested_at"),
        migrations.RemoveField("adjustment", "decided_by"),
        migrations.RemoveField("adjustment", "decided_at"),
        migrations.RemoveField("adjustment", "answer"),
        migrations.RemoveConstraint("bulkgrant", "points_bulk_grant_two_people"),
        migrations.RemoveField("bulkgrant", "decided_by"),
        migrations.RemoveField("bulkgrant", "decided_at"),
    ]
