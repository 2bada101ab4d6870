import django.db.models.deletion
import django.db.models.functions.comparison
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    """Refunds one by one, and what providers say of a day.

    Stop the mall of the version before first: it reads a column of payments that goes here, at every payment.
    """

    # One step a transaction: nothing here holds a lock on the payments while a large table is read.
    atomic = False

    dependencies = [
        ('orders', '0002_pricing'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='payment',
            options={'ordering': ['created_at', 'pk'], 'permissions': [('refund_payment', 'Can have a refused refund tried again'), ('settle_payment', 'Can decide about disputed payments, refused refunds and differences')], 'verbose_name': 'payment', 'verbose_name_plural': 'payments'},
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_refund_has_next_try',
        ),
        migrations.RemoveField(
            model_name='payment',
            name='refund_tries',
        ),
        migrations.AddField(
            model_name='payment',
            name='kind',
            field=models.CharField(blank=True, db_default='', default='', max_length=16, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='payment',
            name='paid_fen',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='arrived (fen)'),
        ),
        migrations.AddField(
            model_name='payment',
            name='returned_fen',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='given back (fen)'),
        ),
        migrations.CreateModel(
            name='PaymentRefund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100, unique=True, verbose_name='key')),
                ('reference', models.CharField(max_length=40, unique=True, verbose_name='reference')),
                ('amount_fen', models.PositiveBigIntegerField(verbose_name='amount (fen)')),
                ('state', models.CharField(choices=[('underway', 'Under way'), ('done', 'Given back'), ('refused', 'Refund refused'), ('settled', 'Settled by hand')], default='underway', max_length=16, verbose_name='state')),
                ('provider_id', models.CharField(blank=True, max_length=64, verbose_name="provider's number")),
                ('by', models.CharField(max_length=64, verbose_name='by')),
                ('asked_at', models.DateTimeField(verbose_name='asked for at')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='done at')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('next_ask_at', models.DateTimeField(blank=True, null=True, verbose_name='asked next at')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
            ],
            options={
                'verbose_name': 'refund',
                'verbose_name_plural': 'refunds',
                'ordering': ['asked_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=16, verbose_name='provider')),
                ('day', models.DateField(verbose_name='day')),
                ('paid_count', models.PositiveIntegerField(default=0, verbose_name='payments')),
                ('paid_fen', models.PositiveBigIntegerField(default=0, verbose_name='paid (fen)')),
                ('refund_count', models.PositiveIntegerField(default=0, verbose_name='refunds')),
                ('refund_fen', models.PositiveBigIntegerField(default=0, verbose_name='given back (fen)')),
                ('fetched_at', models.DateTimeField(verbose_name='fetched at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
            ],
            options={
                'verbose_name': 'statement',
                'verbose_name_plural': 'statements',
                'ordering': ['-day', 'provider'],
            },
        ),
        migrations.CreateModel(
            name='StatementDifference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('missing_here', 'Not in our books'), ('missing_there', 'Not in the statement'), ('amount', 'Another amount'), ('state', 'Not so far in our books')], max_length=16, verbose_name='difference')),
                ('of', models.CharField(choices=[('payment', 'Payment'), ('refund', 'Refund')], max_length=8, verbose_name='of a')),
                ('reference', models.CharField(max_length=64, verbose_name='reference')),
                ('provider_id', models.CharField(blank=True, max_length=64, verbose_name="provider's number")),
                ('ours_fen', models.BigIntegerField(blank=True, null=True, verbose_name='ours (fen)')),
                ('theirs_fen', models.BigIntegerField(blank=True, null=True, verbose_name='theirs (fen)')),
                ('state', models.CharField(choices=[('open', 'To be looked into'), ('resolved', 'Resolved'), ('gone', 'Agrees by now')], default='open', max_length=16, verbose_name='state')),
                ('found_at', models.DateTimeField(verbose_name='found at')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                ('by', models.CharField(blank=True, max_length=64, verbose_name='by')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
            ],
            options={
                'verbose_name': 'difference',
                'verbose_name_plural': 'differences',
                'ordering': ['-found_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='StatementLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('payment', 'Payment'), ('refund', 'Refund')], max_length=8, verbose_name='kind')),
                ('reference', models.CharField(max_length=64, verbose_name='reference')),
                ('refund_reference', models.CharField(blank=True, max_length=64, verbose_name='refund')),
                ('amount_fen', models.PositiveBigIntegerField(verbose_name='amount (fen)')),
                ('provider_id', models.CharField(blank=True, max_length=64, verbose_name="provider's number")),
                ('at', models.DateTimeField(blank=True, null=True, verbose_name='at')),
            ],
            options={
                'verbose_name': 'statement line',
                'verbose_name_plural': 'statement lines',
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='paymentrefund',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='orders.payment', verbose_name='payment'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('provider', 'day'), name='statement_once'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('paid_fen__gte', 0), ('refund_fen__gte', 0)), name='statement_sums_not_negative'),
        ),
        migrations.AddField(
            model_name='statementdifference',
            name='payment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='orders.payment', verbose_name='payment'),
        ),
        migrations.AddField(
            model_name='statementdifference',
            name='refund',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='orders.paymentrefund', verbose_name='refund'),
        ),
        migrations.AddField(
            model_name='statementdifference',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='orders.statement', verbose_name='statement'),
        ),
        migrations.AddField(
            model_name='statementline',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.statement', verbose_name='statement'),
        ),
        migrations.AddIndex(
            model_name='paymentrefund',
            index=models.Index(condition=models.Q(('state', 'underway')), fields=['next_ask_at'], name='refund_to_ask'),
        ),
        migrations.AddIndex(
            model_name='paymentrefund',
            index=models.Index(fields=['done_at'], name='refund_done'),
        ),
        migrations.AddConstraint(
            model_name='paymentrefund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='refund_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='paymentrefund',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['underway', 'done', 'refused', 'settled'])), name='refund_state_known'),
        ),
        migrations.AddConstraint(
            model_name='paymentrefund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('next_ask_at__isnull', False), ('state', 'underway')), models.Q(models.Q(('state', 'underway'), _negated=True), ('next_ask_at__isnull', True)), _connector='OR'), name='refund_underway_has_next_try'),
        ),
        migrations.AddConstraint(
            model_name='paymentrefund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'settled'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='refund_settled_has_note'),
        ),
        migrations.AddConstraint(
            model_name='paymentrefund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['done', 'settled']), _negated=True), ('done_at__isnull', False), _connector='OR'), name='refund_done_has_moment'),
        ),
        migrations.AddIndex(
            model_name='statementdifference',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['found_at'], name='difference_open'),
        ),
        migrations.AddConstraint(
            model_name='statementdifference',
            constraint=models.UniqueConstraint(fields=('statement', 'kind', 'of', 'reference'), name='difference_once'),
        ),
        migrations.AddConstraint(
            model_name='statementdifference',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['missing_here', 'missing_there', 'amount', 'state'])), name='difference_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='statementdifference',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'resolved', 'gone'])), name='difference_state_known'),
        ),
        migrations.AddConstraint(
            model_name='statementdifference',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ours_fen__isnull', True), ('ours_fen__gte', 0), _connector='OR'), models.Q(('theirs_fen__isnull', True), ('theirs_fen__gte', 0), _connector='OR')), name='difference_sums_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='statementdifference',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='difference_closed_has_moment'),
        ),
        migrations.AddConstraint(
            model_name='statementdifference',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'resolved'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='difference_resolved_has_note'),
        ),
        migrations.AddIndex(
            model_name='statementline',
            index=models.Index(fields=['reference'], name='statement_line_reference'),
        ),
        migrations.AddConstraint(
            model_name='statementline',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gte', 0)), name='statement_line_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='statementline',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['payment', 'refund'])), name='statement_line_kind_known'),
        ),
        # What was sent back until now went back whole: each becomes one refund, under the names it has at its provider.
        migrations.RunSQL(
            """
            INSERT INTO orders_paymentrefund
                (payment_id, key, reference, amount_fen, state, provider_id, "by", asked_at, done_at, tries, next_ask_at, note)
            SELECT id, 'refund:' || reference, 'refund:' || reference, amount_fen,
                   CASE state WHEN 'refunding' THEN 'underway' WHEN 'refunded' THEN 'done' ELSE 'refused' END,
                   '', 'system:migration', coalesce(paid_at, created_at),
                   CASE WHEN state = 'refunded' THEN coalesce(refunded_at, paid_at, created_at) END,
                   CASE WHEN state = 'refunding' THEN 0 ELSE 1 END,
                   CASE WHEN state = 'refunding' THEN coalesce(next_ask_at, now()) END, ''
            FROM orders_payment WHERE state IN ('refunding', 'refunded', 'refund_refused')
            ON CONFLICT DO NOTHING
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            """
            UPDATE orders_payment SET returned_fen = amount_fen, next_ask_at = NULL
            WHERE state IN ('refunding', 'refunded', 'refund_refused')
            """,
            migrations.RunSQL.noop,
        ),
        AddConstraintNotValid(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('paid_fen__isnull', True), ('paid_fen__gt', 0), _connector='OR'), name='payment_paid_positive'),
        ),
        ValidateConstraint(model_name='payment', name='payment_paid_positive'),
        AddConstraintNotValid(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('returned_fen__gte', 0), ('returned_fen__lte', django.db.models.functions.comparison.Coalesce(models.F('paid_fen'), models.F('amount_fen'), output_field=models.BigIntegerField()))), name='payment_returned_within_paid'),
        ),
        ValidateConstraint(model_name='payment', name='payment_returned_within_paid'),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('paid_at__isnull', False)), fields=['provider', 'paid_at'], name='payment_paid_day'),
        ),
    ]
