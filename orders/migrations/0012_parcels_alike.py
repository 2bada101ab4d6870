import django.db.models.functions.text
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models

STATES = ['unknown', 'not_followed', 'collected', 'on_the_way', 'out_for_delivery', 'delivered', 'problem', 'returned']


class Migration(migrations.Migration):

    # One step a transaction: nothing here holds a lock on the parcels while their table is read.
    atomic = False

    dependencies = [
        ('orders', '0011_mark_payment'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='shipment',
            index=models.Index(django.db.models.functions.text.Replace('tracking_number', models.Value('-')), name='shipment_bare_number'),
        ),
        RemoveIndexConcurrently(
            model_name='shipment',
            name='shipment_tracking',
        ),
        migrations.AlterField(
            model_name='tracking',
            name='state',
            field=models.CharField(choices=[('unknown', 'No word yet'), ('not_followed', 'Not followed'), ('collected', 'Collected'), ('on_the_way', 'On its way'), ('out_for_delivery', 'Out for delivery'), ('delivered', 'Delivered'), ('problem', 'Held up'), ('returned', 'Going back to us')], default='unknown', max_length=16, verbose_name='state'),
        ),
        migrations.RemoveConstraint(
            model_name='tracking',
            name='tracking_state_known',
        ),
        AddConstraintNotValid(
            model_name='tracking',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', STATES)), name='tracking_state_known'),
        ),
        ValidateConstraint(
            model_name='tracking',
            name='tracking_state_known',
        ),
    ]
