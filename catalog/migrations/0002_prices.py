"""Cash prices, costs, weights, and goods that are reserved for a tier.

Each step is a transaction of its own, so that checks are read and the index is built while the mall goes on.
"""

import django.core.validators
import django.db.models.functions.comparison
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('catalog', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='lowest_cash_fen',
            field=models.IntegerField(editable=False, null=True, verbose_name='lowest cash price (fen)'),
        ),
        migrations.AddField(
            model_name='product',
            name='reserved_tier',
            field=models.CharField(blank=True, db_default='', default='', max_length=16, verbose_name='reserved for'),
        ),
        migrations.AddField(
            model_name='sku',
            name='cash_fen',
            field=models.IntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='cash price (fen)'),
        ),
        migrations.AddField(
            model_name='sku',
            name='cost_fen',
            field=models.IntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='cost (fen)'),
        ),
        migrations.AddField(
            model_name='sku',
            name='weight_g',
            field=models.IntegerField(blank=True, help_text='0 where nothing is sent, such as a voucher.', null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='weight (g)'),
        ),
        AddConstraintNotValid(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('is_listed', False), ('lowest_points__isnull', False), ('lowest_mixed_points__isnull', False), ('lowest_cash_fen__isnull', False), _connector='OR'), name='product_listed_has_a_price'),
        ),
        AddConstraintNotValid(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('lowest_cash_fen__isnull', True), ('lowest_cash_fen__gt', 0), _connector='OR'), name='product_lowest_cash_positive'),
        ),
        AddConstraintNotValid(
            model_name='sku',
            constraint=models.CheckConstraint(condition=models.Q(('points_price__isnull', False), ('mixed_points__isnull', False), ('cash_fen__isnull', False), _connector='OR'), name='sku_has_one_way', violation_error_message='Give at least one price: points only, points and cash, or cash.'),
        ),
        AddConstraintNotValid(
            model_name='sku',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cash_fen__isnull', True), ('cash_fen__gt', 0), _connector='OR'), models.Q(('cost_fen__isnull', True), ('cost_fen__gt', 0), _connector='OR'), models.Q(('weight_g__isnull', True), ('weight_g__gte', 0), _connector='OR')), name='sku_cash_cost_weight_sound'),
        ),
        ValidateConstraint(
            model_name='product',
            name='product_listed_has_a_price',
        ),
        ValidateConstraint(
            model_name='product',
            name='product_lowest_cash_positive',
        ),
        ValidateConstraint(
            model_name='sku',
            name='sku_has_one_way',
        ),
        ValidateConstraint(
            model_name='sku',
            name='sku_cash_cost_weight_sound',
        ),
        migrations.RemoveConstraint(
            model_name='product',
            name='product_listed_has_price',
        ),
        migrations.RemoveConstraint(
            model_name='sku',
            name='sku_has_a_way',
        ),
        AddIndexConcurrently(
            model_name='product',
            index=models.Index(django.db.models.functions.comparison.Coalesce('lowest_points', 'lowest_mixed_points', 0), condition=models.Q(('is_listed', True)), name='product_by_points_shown'),
        ),
        RemoveIndexConcurrently(
            model_name='product',
            name='product_by_points',
        ),
    ]
