import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('points', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExpiryPolicy',
            fields=[
                ('starts_on', models.DateField(primary_key=True, serialize=False, verbose_name='first day')),
                ('kind', models.CharField(choices=[('per_lot', 'A time from each earning'), ('period_end', 'With the end of a month, quarter or year'), ('activity', 'A time without any earning'), ('never', 'Never')], max_length=10, verbose_name='points end')),
                ('months', models.PositiveSmallIntegerField(verbose_name='months')),
                ('unit', models.CharField(blank=True, choices=[('day', 'Day'), ('month', 'Month'), ('quarter', 'Quarter'), ('year', 'Year'), ('', 'None')], max_length=7, verbose_name='until the end of the')),
                ('announced_at', models.DateTimeField(verbose_name='announced at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
            ],
            options={
                'verbose_name': 'expiry rule',
                'verbose_name_plural': 'expiry rules',
                'db_table': 'points_expiry_policy',
                'ordering': ['-starts_on'],
                'permissions': [('announce_expirypolicy', 'Can announce and cancel expiry rules')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'per_lot'), ('months__gte', 1), ('unit', 'day')), models.Q(('kind', 'period_end'), ('unit__in', ['month', 'quarter', 'year'])), models.Q(('kind', 'activity'), ('months__gte', 1), ('unit', 'month')), models.Q(('kind', 'never'), ('months', 0), ('unit', '')), _connector='OR'), name='points_expiry_policy_whole'), models.CheckConstraint(condition=models.Q(('months__lte', 120)), name='points_expiry_policy_months')],
            },
        ),
        migrations.CreateModel(
            name='ExpiryWarning',
            fields=[
                ('pk', models.CompositePrimaryKey('account_id', 'ends_on', 'days', blank=True, editable=False, primary_key=True, serialize=False)),
                ('ends_on', models.DateField(verbose_name='last day')),
                ('days', models.PositiveSmallIntegerField(verbose_name='days before')),
                ('points', models.BigIntegerField(verbose_name='points')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='expiry_warnings', to='points.pointsaccount', verbose_name='points account')),
            ],
            options={
                'verbose_name': 'expiry warning',
                'verbose_name_plural': 'expiry warnings',
                'db_table': 'points_expiry_warning',
                'constraints': [models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='points_expiry_warning_points')],
            },
        ),
    ]
