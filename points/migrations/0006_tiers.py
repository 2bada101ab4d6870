import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('points', '0005_rule_sets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MemberTier',
            fields=[
                ('member', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='tier_row', serialize=False, to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('tier', models.CharField(choices=[('normal', 'Standard'), ('silver', 'Silver'), ('gold', 'Gold'), ('diamond', 'Diamond')], max_length=8, verbose_name='earned tier')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='looked at again on')),
                ('grace_until', models.DateField(blank=True, null=True, verbose_name='last day of the grace')),
                ('pinned_tier', models.CharField(blank=True, choices=[('normal', 'Standard'), ('silver', 'Silver'), ('gold', 'Gold'), ('diamond', 'Diamond')], max_length=8, verbose_name='pinned tier')),
                ('pinned_at', models.DateTimeField(blank=True, null=True, verbose_name='pinned at')),
                ('pinned_by', models.CharField(blank=True, max_length=64, verbose_name='pinned by')),
                ('pin_reason', models.CharField(blank=True, max_length=200, verbose_name='reason of the pin')),
            ],
            options={
                'verbose_name': "member's tier",
                'verbose_name_plural': "members' tiers",
                'db_table': 'points_member_tier',
                'permissions': [('pin_tier', 'Can pin and unpin tiers')],
                'indexes': [models.Index(condition=models.Q(('review_on__isnull', False)), fields=['review_on'], name='points_member_tier_review'), models.Index(fields=['tier'], name='points_member_tier_tier'), models.Index(condition=models.Q(('pinned_tier', ''), _negated=True), fields=['pinned_tier'], name='points_member_tier_pinned')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('grace_until__isnull', True), ('review_on__isnull', True), ('tier', 'normal')), models.Q(('review_on__isnull', False), ('tier__in', ['normal', 'silver', 'gold', 'diamond']), models.Q(('tier', 'normal'), _negated=True)), _connector='OR'), name='points_member_tier_reviewed'), models.CheckConstraint(condition=models.Q(models.Q(('pin_reason', ''), ('pinned_at__isnull', True), ('pinned_by', ''), ('pinned_tier', '')), models.Q(('pinned_at__isnull', False), ('pinned_tier__in', ['normal', 'silver', 'gold', 'diamond']), models.Q(('pinned_by', ''), _negated=True), models.Q(('pin_reason', ''), _negated=True)), _connector='OR'), name='points_member_tier_pin')],
            },
        ),
        migrations.CreateModel(
            name='Tier',
            fields=[
                ('code', models.CharField(choices=[('normal', 'Standard'), ('silver', 'Silver'), ('gold', 'Gold'), ('diamond', 'Diamond')], max_length=8, primary_key=True, serialize=False, verbose_name='code')),
                ('position', models.PositiveSmallIntegerField(unique=True, verbose_name='position')),
                ('name', models.CharField(max_length=16, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=16, verbose_name='English name')),
                ('threshold', models.PositiveIntegerField(verbose_name='points needed')),
                ('multiplier', models.DecimalField(decimal_places=2, max_digits=4, verbose_name='multiplier of purchase points')),
                ('discount_percent', models.PositiveSmallIntegerField(verbose_name='off points prices (%)')),
                ('member_day_percent', models.PositiveSmallIntegerField(verbose_name='more off on member day (%)')),
                ('birthday_points', models.PositiveIntegerField(verbose_name='birthday gift')),
                ('free_shipping', models.BooleanField(verbose_name='free shipping')),
            ],
            options={
                'verbose_name': 'tier',
                'verbose_name_plural': 'tiers',
                'db_table': 'points_tier',
                'ordering': ['position'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__in', ['normal', 'silver', 'gold', 'diamond'])), name='points_tier_code'), models.CheckConstraint(condition=models.Q(models.Q(('code', 'normal'), ('threshold', 0)), models.Q(models.Q(('code', 'normal'), _negated=True), ('threshold__gt', 0)), _connector='OR'), name='points_tier_lowest_for_all'), models.CheckConstraint(condition=models.Q(('multiplier__gte', 1), ('multiplier__lte', 10), ('birthday_points__lte', 100000), ('discount_percent__lte', 90), ('member_day_percent__lte', 90)), name='points_tier_within_reason')],
            },
        ),
        migrations.CreateModel(
            name='TierChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(choices=[('promoted', 'Reached'), ('kept', 'Kept'), ('warned', 'Grace began'), ('demoted', 'One step down'), ('pinned', 'Pinned by staff'), ('unpinned', 'Pin removed')], max_length=8, verbose_name='what happened')),
                ('from_tier', models.CharField(choices=[('normal', 'Standard'), ('silver', 'Silver'), ('gold', 'Gold'), ('diamond', 'Diamond')], max_length=8, verbose_name='from')),
                ('to_tier', models.CharField(choices=[('normal', 'Standard'), ('silver', 'Silver'), ('gold', 'Gold'), ('diamond', 'Diamond')], max_length=8, verbose_name='to')),
                ('points', models.BigIntegerField(verbose_name='points in the window')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='member')),
            ],
            options={
                'verbose_name': 'change of tier',
                'verbose_name_plural': 'changes of tiers',
                'db_table': 'points_tier_change',
                'indexes': [models.Index(fields=['member', '-at'], name='points_tier_change_of')],
                'constraints': [models.CheckConstraint(condition=models.Q(('points__gte', 0)), name='points_tier_change_points'), models.CheckConstraint(condition=models.Q(('from_tier__in', ['normal', 'silver', 'gold', 'diamond']), ('to_tier__in', ['normal', 'silver', 'gold', 'diamond'])), name='points_tier_change_tiers')],
            },
        ),
    ]
