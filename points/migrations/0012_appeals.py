from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """An earning that was refused can be appealed against. Short locks only: columns with constant defaults, and a
    constraint that judges old rows in the next migration."""

    dependencies = [("points", "0011_begins_later")]

    operations = [
        migrations.RemoveConstraint(
            model_name='earningreview',
            name='points_review_state',
        ),
        migrations.AddField(
            model_name='earningreview',
            name='appeal',
            field=models.CharField(blank=True, db_default='', default='', max_length=1000, verbose_name='appeal'),
        ),
        migrations.AddField(
            model_name='earningreview',
            name='appealed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='appealed at'),
        ),
        migrations.AddField(
            model_name='earningreview',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='until when'),
        ),
        migrations.AddField(
            model_name='earningreview',
            name='why',
            field=models.CharField(blank=True, choices=[('device', 'Many accounts earned with one device or from one place.'), ('person', 'Several accounts belong to one person.'), ('program', 'It was done by a program, not by a person.'), ('undone', 'What the activity asks for was not done.'), ('other', 'For another reason.')], db_default='', default='', max_length=8, verbose_name='reason of the refusal'),
        ),
        migrations.AddField(
            model_name='earningreview',
            name='words',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='words to the member'),
        ),
        migrations.AlterField(
            model_name='earningreview',
            name='answer',
            field=models.CharField(blank=True, max_length=200, verbose_name='note'),
        ),
        migrations.AlterField(
            model_name='earningreview',
            name='state',
            field=models.CharField(choices=[('pending', 'Under review'), ('approved', 'Approved'), ('refused', 'Refused'), ('appealed', 'Appealed'), ('upheld', 'Refused after an appeal')], default='pending', max_length=8, verbose_name='state'),
        ),
        AddConstraintNotValid(
            "earningreview",
            models.CheckConstraint(condition=models.Q(models.Q(('appealed_at__isnull', True), ('decided_at__isnull', True), ('decided_by', ''), ('state', 'pending')), models.Q(('decided_at__isnull', False), ('state__in', ['approved', 'refused']), models.Q(('decided_by', ''), _negated=True)), models.Q(('appealed_at__isnull', False), ('decided_at__isnull', False), ('state__in', ['appealed', 'upheld']), models.Q(('decided_by', ''), _negated=True), models.Q(('appeal', ''), _negated=True)), _connector='OR'), name='points_review_state'),
        ),
    ]
