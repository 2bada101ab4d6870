"""Parcels with contents and a way to follow them; an order can be partly shipped.

The check of the states is not proven here: 0005 does that without holding anybody up. The
version before cannot add carriers meanwhile."""

import django.contrib.postgres.operations
import django.db.models.deletion
import orders.models.shipment
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0003_payments'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='order',
            name='order_state_known',
        ),
        migrations.AlterField(
            model_name='order',
            name='state',
            field=models.CharField(choices=[('pending_payment', 'To pay'), ('to_ship', 'To ship'), ('partly_shipped', 'Partly shipped'), ('shipped', 'Shipped'), ('completed', 'Completed'), ('cancelled', 'Cancelled')], max_length=16, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='ordermove',
            name='from_state',
            field=models.CharField(blank=True, choices=[('pending_payment', 'To pay'), ('to_ship', 'To ship'), ('partly_shipped', 'Partly shipped'), ('shipped', 'Shipped'), ('completed', 'Completed'), ('cancelled', 'Cancelled')], max_length=16, verbose_name='from'),
        ),
        migrations.AlterField(
            model_name='ordermove',
            name='to_state',
            field=models.CharField(choices=[('pending_payment', 'To pay'), ('to_ship', 'To ship'), ('partly_shipped', 'Partly shipped'), ('shipped', 'Shipped'), ('completed', 'Completed'), ('cancelled', 'Cancelled')], max_length=16, verbose_name='to'),
        ),
        django.contrib.postgres.operations.AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending_payment', 'to_ship', 'partly_shipped', 'shipped', 'completed', 'cancelled'])), name='order_state_known'),
        ),
        migrations.AddField(
            model_name='carrier',
            name='tracking_page',
            field=models.CharField(blank=True, help_text='With {number} where the tracking number goes. Empty: the public page of Kuaidi100.', max_length=200, validators=[orders.models.shipment.check_tracking_page], verbose_name='page for following a parcel'),
        ),
        migrations.CreateModel(
            name='ShipmentPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='orders.shipment')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='orders.orderitem', verbose_name='item')),
                ('quantity', models.PositiveSmallIntegerField(verbose_name='quantity')),
            ],
            options={
                'verbose_name': 'content of a parcel',
                'verbose_name_plural': 'contents of parcels',
                'constraints': [models.UniqueConstraint(fields=('shipment', 'item'), name='shipment_part_once'), models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='shipment_part_quantity_positive')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Tracking',
            fields=[
                ('shipment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='tracking', serialize=False, to='orders.shipment')),
                ('state', models.CharField(choices=[('unknown', 'No word yet'), ('collected', 'Collected'), ('on_the_way', 'On its way'), ('out_for_delivery', 'Out for delivery'), ('delivered', 'Delivered'), ('problem', 'Held up'), ('returned', 'Going back to us')], default='unknown', max_length=16, verbose_name='state')),
                ('next_look_at', models.DateTimeField(blank=True, null=True, verbose_name='asked next at')),
                ('looked_at', models.DateTimeField(blank=True, null=True, verbose_name='asked at')),
                ('quiet_looks', models.PositiveSmallIntegerField(default=0, verbose_name='looks without news')),
                ('subscribed_at', models.DateTimeField(blank=True, null=True, verbose_name='subscribed at')),
                ('delivered_at', models.DateTimeField(blank=True, null=True, verbose_name='delivered at')),
            ],
            options={
                'verbose_name': 'tracking of a parcel',
                'verbose_name_plural': 'tracking of parcels',
                'indexes': [models.Index(condition=models.Q(('next_look_at__isnull', False)), fields=['next_look_at'], name='tracking_to_ask')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['unknown', 'collected', 'on_the_way', 'out_for_delivery', 'delivered', 'problem', 'returned'])), name='tracking_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'delivered'), _negated=True), models.Q(('delivered_at__isnull', False), ('next_look_at__isnull', True)), _connector='OR'), name='tracking_ends_with_delivery')],
            },
        ),
        migrations.CreateModel(
            name='TrackingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='orders.shipment')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('text', models.CharField(max_length=300, verbose_name='text')),
                ('place', models.CharField(blank=True, max_length=100, verbose_name='place')),
            ],
            options={
                'verbose_name': 'step of a parcel',
                'verbose_name_plural': 'steps of parcels',
                'ordering': ['-at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('shipment', 'at', 'text'), name='tracking_event_once')],
                'indexes': [],
            },
        ),
    ]
