"""After-sale requests. First the rows of old orders are compared with the states of 0004: members go on meanwhile."""

import django.contrib.postgres.operations
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_shipping'),
    ]

    operations = [
        django.contrib.postgres.operations.ValidateConstraint(
            model_name='order',
            name='order_state_known',
        ),
        migrations.CreateModel(
            name='AfterSale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True, verbose_name='number')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='after_sales', to='orders.order', verbose_name='order')),
                ('form_key', models.UUIDField(editable=False, verbose_name='form key')),
                ('kind', models.CharField(choices=[('return', 'Return and refund'), ('refund', 'Refund only'), ('exchange', 'Exchange'), ('unshipped', 'Not delivered')], max_length=16, verbose_name='kind')),
                ('state', models.CharField(choices=[('requested', 'Being looked at'), ('approved', 'Waiting for the goods'), ('received', 'Goods are back'), ('settled', 'Refunded'), ('exchanged', 'Replacement on its way'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], max_length=16, verbose_name='state')),
                ('reason', models.CharField(choices=[('damaged', 'Damaged or defective'), ('wrong', 'Wrong item'), ('not_as_shown', 'Not as shown'), ('missing', 'Missing or never arrived'), ('not_wanted', 'No longer wanted'), ('other', 'Something else')], max_length=16, verbose_name='reason')),
                ('text', models.CharField(blank=True, max_length=500, verbose_name='What happened')),
                ('requested_at', models.DateTimeField(verbose_name='requested at')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                ('answer', models.CharField(blank=True, max_length=200, verbose_name='answer of the shop')),
                ('sent_with', models.CharField(blank=True, max_length=64, verbose_name='sent back with')),
                ('sent_number', models.CharField(blank=True, max_length=32, verbose_name='tracking number of the goods sent back')),
                ('points', models.PositiveBigIntegerField(default=0, verbose_name='points back')),
                ('fen', models.PositiveBigIntegerField(default=0, verbose_name='cash back (fen)')),
                ('shipping_fen', models.PositiveBigIntegerField(default=0, verbose_name='of it shipping (fen)')),
                ('stock_back', models.CharField(blank=True, choices=[('sellable', 'Back on the shelf'), ('damaged', 'Damaged, written off')], max_length=16, verbose_name='pieces that came back')),
                ('returned', models.JSONField(blank=True, default=dict, verbose_name='returned')),
                ('replacement', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='orders.shipment', verbose_name='parcel with the replacement')),
            ],
            options={
                'verbose_name': 'after-sale request',
                'verbose_name_plural': 'after-sale requests',
                'ordering': ['-requested_at', '-pk'],
                'permissions': [('decide_aftersale', 'Can decide on after-sale requests'), ('receive_aftersale', 'Can take in goods that come back'), ('settle_aftersale', 'Can settle after-sale requests')],
                'indexes': [models.Index(fields=['state', 'requested_at'], name='after_sale_queue'), models.Index(condition=models.Q(('sent_number', ''), _negated=True), fields=['sent_number'], name='after_sale_sent')],
                'constraints': [models.UniqueConstraint(fields=('order', 'form_key'), name='after_sale_form_once'), models.UniqueConstraint(condition=models.Q(('state__in', ['requested', 'approved', 'received'])), fields=('order',), name='after_sale_one_open'), models.CheckConstraint(condition=models.Q(('state__in', ['requested', 'approved', 'received', 'settled', 'exchanged', 'refused', 'withdrawn'])), name='after_sale_state_known'), models.CheckConstraint(condition=models.Q(('kind__in', ['return', 'refund', 'exchange', 'unshipped'])), name='after_sale_kind_known'), models.CheckConstraint(condition=models.Q(('fen__gte', models.F('shipping_fen')), ('points__gte', 0), ('shipping_fen__gte', 0)), name='after_sale_sums_not_negative'), models.CheckConstraint(condition=models.Q(('state', 'settled'), models.Q(('fen', 0), ('points', 0), ('shipping_fen', 0)), _connector='OR'), name='after_sale_pays_when_settled'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state__in', ['requested', 'approved', 'received'])), models.Q(models.Q(('state__in', ['requested', 'approved', 'received']), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='after_sale_ends'), models.CheckConstraint(condition=models.Q(models.Q(('replacement__isnull', False), ('state', 'exchanged')), models.Q(models.Q(('state', 'exchanged'), _negated=True), ('replacement__isnull', True)), _connector='OR'), name='after_sale_exchange_has_parcel')],
            },
        ),
        migrations.CreateModel(
            name='AfterSaleItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('after_sale', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='orders.aftersale')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='after_sale_items', to='orders.orderitem', verbose_name='item')),
                ('quantity', models.PositiveSmallIntegerField(verbose_name='quantity')),
                ('points', models.PositiveBigIntegerField(default=0, verbose_name='points back')),
                ('fen', models.PositiveBigIntegerField(default=0, verbose_name='cash back (fen)')),
            ],
            options={
                'verbose_name': 'item of an after-sale request',
                'verbose_name_plural': 'items of after-sale requests',
                'ordering': ['item__position', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('after_sale', 'item'), name='after_sale_item_once'), models.CheckConstraint(condition=models.Q(('fen__gte', 0), ('points__gte', 0), ('quantity__gte', 1)), name='after_sale_item_sums_not_negative')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='AfterSalePicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('after_sale', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pictures', to='orders.aftersale')),
                ('name', models.CharField(max_length=200, unique=True, verbose_name='name')),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'picture of an after-sale request',
                'verbose_name_plural': 'pictures of after-sale requests',
                'ordering': ['position', 'pk'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='AfterSaleMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('after_sale', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='orders.aftersale')),
                ('from_state', models.CharField(blank=True, choices=[('requested', 'Being looked at'), ('approved', 'Waiting for the goods'), ('received', 'Goods are back'), ('settled', 'Refunded'), ('exchanged', 'Replacement on its way'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], max_length=16, verbose_name='from')),
                ('to_state', models.CharField(choices=[('requested', 'Being looked at'), ('approved', 'Waiting for the goods'), ('received', 'Goods are back'), ('settled', 'Refunded'), ('exchanged', 'Replacement on its way'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], max_length=16, verbose_name='to')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'move of an after-sale request',
                'verbose_name_plural': 'moves of after-sale requests',
                'ordering': ['at', 'pk'],
                'indexes': [],
                'constraints': [],
            },
        ),
    ]
