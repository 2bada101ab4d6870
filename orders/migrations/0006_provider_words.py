from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


# What waited for staff before this, and payments that were held for failed though another card may have paid them.
# Each statement reads its table once and writes the few rows it is about.
WAITED = "UPDATE orders_payment SET look_since = now() WHERE state = 'disputed'"
REFUSED = "UPDATE orders_paymentrefund SET look_since = asked_at WHERE state = 'refused'"
ASKED_ONCE_MORE = """
    UPDATE orders_payment SET next_ask_at = now()
    WHERE state = 'failed' AND provider = 'unionpay' AND created_at > now() - interval '30 days'
"""


class Migration(migrations.Migration):

    # One step a transaction: nothing here holds a lock on the payments while a large table is read.
    atomic = False

    dependencies = [
        ('orders', '0005_after_sale'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='look_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='waits for staff since'),
        ),
        migrations.AddField(
            model_name='payment',
            name='said',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name="the provider's word"),
        ),
        migrations.AddField(
            model_name='paymentnotification',
            name='word',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name="the provider's word"),
        ),
        migrations.AddField(
            model_name='paymentrefund',
            name='look_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='waits for staff since'),
        ),
        migrations.AddField(
            model_name='paymentrefund',
            name='said',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name="the provider's word"),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('look_since__isnull', False)), fields=['look_since'], name='payment_to_look_at'),
        ),
        AddIndexConcurrently(
            model_name='paymentrefund',
            index=models.Index(condition=models.Q(('look_since__isnull', False)), fields=['look_since'], name='refund_to_look_at'),
        ),
        *[migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (WAITED, REFUSED, ASKED_ONCE_MORE)],
    ]
