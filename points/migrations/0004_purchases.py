import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('points', '0003_staff'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EarningTally',
            fields=[
                ('pk', models.CompositePrimaryKey('member_id', 'day', 'behaviour', blank=True, editable=False, primary_key=True, serialize=False)),
                ('member', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('day', models.DateField(verbose_name='day')),
                ('behaviour', models.CharField(max_length=16, verbose_name='behaviour')),
                ('points', models.BigIntegerField(verbose_name='points')),
                ('times', models.IntegerField(verbose_name='times')),
            ],
            options={
                'verbose_name': 'earnings of a day',
                'verbose_name_plural': 'earnings by day',
                'constraints': [models.CheckConstraint(condition=models.Q(('points__gte', 0), ('times__gte', 0)), name='points_tally_sound')],
            },
        ),
        migrations.CreateModel(
            name='EarningTrace',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'behaviour', 'kind', 'value', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField(verbose_name='day')),
                ('behaviour', models.CharField(max_length=16, verbose_name='behaviour')),
                ('kind', models.CharField(choices=[('address', 'network address'), ('device', 'device'), ('phone', 'phone numbers in a row')], max_length=8, verbose_name='kind')),
                ('value', models.CharField(max_length=64, verbose_name='keyed hash')),
                ('members', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None, verbose_name='members')),
            ],
            options={
                'verbose_name': 'earning trace',
                'verbose_name_plural': 'earning traces',
            },
        ),
        migrations.CreateModel(
            name='EarningReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='earning_reviews', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('behaviour', models.CharField(max_length=16, verbose_name='behaviour')),
                ('points', models.IntegerField(verbose_name='points')),
                ('kind', models.CharField(max_length=16, verbose_name='kind')),
                ('key', models.CharField(max_length=128, verbose_name='key')),
                ('source', models.CharField(blank=True, max_length=64, verbose_name='source')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
                ('rule_version', models.CharField(max_length=32, verbose_name='rule version')),
                ('steps', models.JSONField(verbose_name='breakdown')),
                ('grounds', models.JSONField(verbose_name='grounds')),
                ('state', models.CharField(choices=[('pending', 'Under review'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='state')),
                ('decided_by', models.CharField(blank=True, max_length=64, verbose_name='decided by')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('answer', models.CharField(blank=True, max_length=200, verbose_name='answer')),
            ],
            options={
                'verbose_name': 'earning under review',
                'verbose_name_plural': 'earnings under review',
                'permissions': [('decide_earningreview', 'Can approve and refuse earnings under review')],
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['at'], name='points_review_waiting')],
                'constraints': [models.UniqueConstraint(fields=('member', 'key'), name='points_review_once'), models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='points_review_points'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'pending')), models.Q(('decided_at__isnull', False), ('state__in', ['approved', 'refused']), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='points_review_state')],
            },
        ),
        migrations.CreateModel(
            name='Purchase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='purchases', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('source', models.CharField(max_length=32, verbose_name='source')),
                ('number', models.CharField(max_length=64, verbose_name='order number')),
                ('paid_at', models.DateTimeField(verbose_name='paid at')),
                ('amount_fen', models.BigIntegerField(verbose_name='amount (fen)')),
                ('points', models.IntegerField(verbose_name='points')),
                ('tier', models.CharField(max_length=16, verbose_name='tier')),
                ('multiplier', models.DecimalField(decimal_places=3, max_digits=6, verbose_name='multiplier')),
                ('rule_version', models.CharField(max_length=32, verbose_name='rule version')),
                ('steps', models.JSONField(null=True, verbose_name='breakdown')),
                ('active_from', models.DateTimeField(verbose_name='points usable from')),
                ('refunded_fen', models.BigIntegerField(default=0, verbose_name='refunded (fen)')),
                ('points_back', models.IntegerField(default=0, verbose_name='points asked back')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
            ],
            options={
                'verbose_name': 'purchase',
                'verbose_name_plural': 'purchases',
                'indexes': [models.Index(fields=['member', 'paid_at'], name='points_purchase_of'), models.Index(fields=['paid_at'], name='points_purchase_by_time')],
                'constraints': [models.UniqueConstraint(fields=('source', 'number'), name='points_purchase_once'), models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0), ('points__gte', 0), ('points_back__gte', 0), ('points_back__lte', models.F('points')), ('refunded_fen__gte', 0), ('refunded_fen__lte', models.F('amount_fen'))), name='points_purchase_sound')],
            },
        ),
        migrations.CreateModel(
            name='PurchaseLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purchase', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='points.purchase', verbose_name='purchase')),
                ('category', models.CharField(blank=True, max_length=64, verbose_name='category')),
                ('amount_fen', models.BigIntegerField(verbose_name='amount (fen)')),
                ('points', models.IntegerField(verbose_name='points')),
                ('refunded_fen', models.BigIntegerField(default=0, verbose_name='refunded (fen)')),
                ('points_back', models.IntegerField(default=0, verbose_name='points asked back')),
            ],
            options={
                'verbose_name': 'purchase line',
                'verbose_name_plural': 'purchase lines',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_fen__gte', 0), ('points__gte', 0), ('points_back__gte', 0), ('points_back__lte', models.F('points')), ('refunded_fen__gte', 0), ('refunded_fen__lte', models.F('amount_fen'))), name='points_purchase_line_sound')],
            },
        ),
        migrations.CreateModel(
            name='PurchaseRefund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purchase', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='points.purchase', verbose_name='purchase')),
                ('number', models.CharField(max_length=64, verbose_name='refund number')),
                ('category', models.CharField(blank=True, max_length=64, verbose_name='category')),
                ('amount_fen', models.BigIntegerField(verbose_name='amount (fen)')),
                ('points', models.IntegerField(verbose_name='points asked back')),
                ('taken_points', models.IntegerField(verbose_name='points taken')),
                ('owed_points', models.IntegerField(verbose_name='points owed')),
                ('policy', models.CharField(max_length=16, verbose_name='policy')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
            ],
            options={
                'verbose_name': 'purchase refund',
                'verbose_name_plural': 'purchase refunds',
                'constraints': [models.UniqueConstraint(fields=('purchase', 'number', 'category'), name='points_purchase_refund_once'), models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0), ('owed_points__gte', 0), ('points__gte', django.db.models.expressions.CombinedExpression(models.F('taken_points'), '+', models.F('owed_points'))), ('taken_points__gte', 0)), name='points_purchase_refund_sound')],
            },
        ),
        migrations.CreateModel(
            name='WhatIfRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_version', models.CharField(max_length=32, verbose_name='rule version')),
                ('days', models.IntegerField(choices=[(30, '30 days'), (90, '90 days')], verbose_name='period')),
                ('state', models.CharField(choices=[('waiting', 'In the queue'), ('running', 'Being replayed'), ('done', 'Done'), ('failed', 'Did not work')], default='waiting', max_length=8, verbose_name='state')),
                ('purchases', models.BigIntegerField(default=0, verbose_name='purchases')),
                ('replayed', models.BigIntegerField(default=0, verbose_name='replayed')),
                ('result', models.JSONField(null=True, verbose_name='result')),
                ('problem', models.CharField(blank=True, max_length=200, verbose_name='problem')),
                ('requested_by', models.CharField(max_length=64, verbose_name='requested by')),
                ('requested_at', models.DateTimeField(verbose_name='requested at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
            ],
            options={
                'verbose_name': 'what-if run',
                'verbose_name_plural': 'what-if runs',
                'permissions': [('run_whatifrun', 'Can replay draft rules over past purchases')],
                'constraints': [models.CheckConstraint(condition=models.Q(('purchases__gte', 0), ('replayed__gte', 0), ('replayed__lte', models.F('purchases'))), name='points_what_if_counts'), models.CheckConstraint(condition=models.Q(models.Q(('result__isnull', False), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('result__isnull', True)), _connector='OR'), name='points_what_if_result')],
            },
        ),
    ]
