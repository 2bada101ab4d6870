import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('points', '0004_purchases'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Script',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
            ],
            options={
                'verbose_name': 'rule script',
                'verbose_name_plural': 'rule scripts',
                'db_table': 'points_script',
                'ordering': ['code'],
                'permissions': [('write_scripts', 'Can write rule scripts and return to earlier versions')],
            },
        ),
        migrations.CreateModel(
            name='RuleAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('script_failed', 'A script failed')], max_length=20, verbose_name='kind')),
                ('subject', models.CharField(max_length=64, verbose_name='subject')),
                ('details', models.JSONField(verbose_name='details')),
                ('opened_at', models.DateTimeField(verbose_name='reported at')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='seen to at')),
                ('closed_by', models.CharField(blank=True, max_length=64, verbose_name='seen to by')),
            ],
            options={
                'verbose_name': 'alert about the rules',
                'verbose_name_plural': 'alerts about the rules',
                'db_table': 'points_rule_alert',
                'ordering': ['-pk'],
                'permissions': [('close_rulealert', 'Can close alerts about the rules')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('subject',), name='points_rule_alert_one_open')],
            },
        ),
        migrations.CreateModel(
            name='RuleSetVersion',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False, verbose_name='version')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('rules', models.JSONField(default=list, verbose_name='rules')),
                ('transition_days', models.PositiveSmallIntegerField(default=0, help_text='So long after the start the version before counts too where it gives more.', verbose_name='days of transition')),
                ('announcement', models.TextField(blank=True, verbose_name='announcement')),
                ('announced_at', models.DateTimeField(blank=True, null=True, verbose_name='announced at')),
                ('stopped_at', models.DateTimeField(blank=True, null=True, verbose_name='stopped at')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
            ],
            options={
                'verbose_name': 'version of the earning rules',
                'verbose_name_plural': 'earning rules',
                'db_table': 'points_rule_set_version',
                'ordering': ['-number'],
                'permissions': [('draft_rules', 'Can draft earning rules'), ('release_rules', 'Can release, widen and stop earning rules')],
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gt', 0)), name='points_rule_set_number'), models.CheckConstraint(condition=models.Q(('transition_days__lte', 90)), name='points_rule_set_transition')],
            },
        ),
        migrations.CreateModel(
            name='RuleSetStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='starts at')),
                ('percent', models.PositiveSmallIntegerField(verbose_name='percent of members')),
                ('at', models.DateTimeField(verbose_name='planned at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
                ('rule_set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stages', to='points.rulesetversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'stage of a release',
                'verbose_name_plural': 'stages of releases',
                'db_table': 'points_rule_set_stage',
                'ordering': ['starts_at'],
                'constraints': [models.UniqueConstraint(fields=('rule_set', 'starts_at'), name='points_rule_set_stage_once'), models.CheckConstraint(condition=models.Q(('percent__lte', 100)), name='points_rule_set_stage_percent')],
            },
        ),
        migrations.CreateModel(
            name='RuleSetPilot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('rule_set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pilots', to='points.rulesetversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'pilot member',
                'verbose_name_plural': 'pilot members',
                'db_table': 'points_rule_set_pilot',
                'constraints': [models.UniqueConstraint(fields=('rule_set', 'member'), name='points_rule_set_pilot_once')],
            },
        ),
        migrations.CreateModel(
            name='ScriptVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('source', models.TextField(verbose_name='source text')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
                ('activated_at', models.DateTimeField(blank=True, null=True, verbose_name='activated at')),
                ('failed_at', models.DateTimeField(blank=True, null=True, verbose_name='failed at')),
                ('failure', models.CharField(blank=True, max_length=300, verbose_name='failure')),
                ('script', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='points.script', verbose_name='rule script')),
            ],
            options={
                'verbose_name': 'version of a script',
                'verbose_name_plural': 'versions of scripts',
                'db_table': 'points_script_version',
                'ordering': ['-number'],
                'constraints': [models.UniqueConstraint(fields=('script', 'number'), name='points_script_version_once')],
            },
        ),
    ]
