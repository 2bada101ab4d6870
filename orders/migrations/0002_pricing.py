"""Coupons, shipping rates, and what was taken off an order.

Written for an orders table of any size: its new columns are constants or NULL, which rewrites nothing; its checks are
added unread and read afterwards, under a lock that lets everybody work. That is why each step is a transaction of its
own. Items of earlier orders keep no share (NULL): nothing was ever taken off them, so their share is their price, and
``OrderItem.paid`` says so. There is nothing to fill in.
"""

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('catalog', '0002_prices'),
        ('orders', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Coupon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('unused', 'Can be used'), ('used', 'Used'), ('expired', 'Ended'), ('revoked', 'Revoked')], default='unused', max_length=8, verbose_name='state')),
                ('kind', models.CharField(choices=[('cash_off', 'Cash off'), ('member_day', 'Member-day discount'), ('free_shipping', 'Free shipping')], max_length=16, verbose_name='kind')),
                ('off_fen', models.PositiveIntegerField(default=0, verbose_name='cash off (fen)')),
                ('percent', models.PositiveSmallIntegerField(default=0, verbose_name='percent off points')),
                ('minimum_fen', models.PositiveIntegerField(default=0, verbose_name='from cash for goods of (fen)')),
                ('source', models.CharField(choices=[('points', 'Redeemed with points'), ('staff', 'Given by staff'), ('activity', 'From an activity')], max_length=8, verbose_name='source')),
                ('points', models.PositiveIntegerField(default=0, verbose_name='points paid')),
                ('key', models.CharField(max_length=128, verbose_name='key')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('issued_at', models.DateTimeField(verbose_name='given at')),
                ('expires_at', models.DateTimeField(verbose_name='ends at')),
                ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='used at')),
                ('by', models.CharField(max_length=64, verbose_name='by')),
            ],
            options={
                'verbose_name': 'coupon',
                'verbose_name_plural': 'coupons',
                'ordering': ['-issued_at', '-pk'],
                'permissions': [('issue_coupon', 'Can give coupons out'), ('revoke_coupon', 'Can withdraw coupons')],
            },
        ),
        migrations.CreateModel(
            name='CouponClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('count', models.PositiveIntegerField(default=0, verbose_name='given out')),
            ],
            options={
                'verbose_name': 'coupon count',
                'verbose_name_plural': 'coupon counts',
            },
        ),
        migrations.CreateModel(
            name='CouponType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9_-]+$', 'Only a–z, 0–9, “-” and “_”.')], verbose_name='code')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=60, verbose_name='English name')),
                ('kind', models.CharField(choices=[('cash_off', 'Cash off'), ('member_day', 'Member-day discount'), ('free_shipping', 'Free shipping')], max_length=16, verbose_name='kind')),
                ('off_fen', models.PositiveIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(10000000)], verbose_name='cash off (fen)')),
                ('percent', models.PositiveSmallIntegerField(default=0, verbose_name='percent off points')),
                ('minimum_fen', models.PositiveIntegerField(default=0, help_text='0: from any amount on.', verbose_name='from cash for goods of (fen)')),
                ('points_price', models.PositiveIntegerField(blank=True, help_text='Empty: members cannot get it for points.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='points price')),
                ('total', models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True, verbose_name='how many there are')),
                ('per_member', models.PositiveSmallIntegerField(blank=True, default=1, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='at most for one member')),
                ('issued', models.PositiveIntegerField(default=0, editable=False, verbose_name='given out')),
                ('offered_from', models.DateTimeField(blank=True, null=True, verbose_name='to be had from')),
                ('offered_until', models.DateTimeField(blank=True, null=True, verbose_name='to be had until')),
                ('valid_days', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='valid for days')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='valid until')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
            ],
            options={
                'verbose_name': 'coupon type',
                'verbose_name_plural': 'coupon types',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ShippingRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=60, verbose_name='English name')),
                ('provinces', models.JSONField(blank=True, default=list, help_text='None chosen: everywhere that no other rate names.', verbose_name='provinces')),
                ('first_g', models.PositiveIntegerField(default=1000, validators=[django.core.validators.MinValueValidator(1)], verbose_name='first weight (g)')),
                ('first_fen', models.PositiveIntegerField(default=0, verbose_name='fee for it (fen)')),
                ('further_g', models.PositiveIntegerField(default=1000, validators=[django.core.validators.MinValueValidator(1)], verbose_name='each further (g)')),
                ('further_fen', models.PositiveIntegerField(default=0, verbose_name='fee for each (fen)')),
                ('free_from_fen', models.PositiveIntegerField(blank=True, help_text='Points count by their value.', null=True, verbose_name='free from goods worth (fen)')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
            ],
            options={
                'verbose_name': 'shipping rate',
                'verbose_name_plural': 'shipping rates',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AlterField(
            model_name='cartline',
            name='way',
            field=models.CharField(choices=[('points', 'Points only'), ('mixed', 'Points + cash'), ('cash', 'Cash, less what points deduct')], max_length=16, verbose_name='way'),
        ),
        migrations.AddField(
            model_name='coupon',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to=settings.AUTH_USER_MODEL, verbose_name='member'),
        ),
        migrations.AddField(
            model_name='coupon',
            name='order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='orders.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='couponclaim',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='coupontype',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['cash_off', 'member_day', 'free_shipping'])), name='coupon_type_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='coupontype',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'cash_off'), ('off_fen__gt', 0), ('percent', 0)), models.Q(('kind', 'member_day'), ('off_fen', 0), ('percent__gt', 0), ('percent__lt', 100)), models.Q(('kind', 'free_shipping'), ('off_fen', 0), ('percent', 0)), _connector='OR'), name='coupon_type_terms_whole', violation_error_message='Cash off needs an amount, a member-day discount a percentage, free shipping none.'),
        ),
        migrations.AddConstraint(
            model_name='coupontype',
            constraint=models.CheckConstraint(condition=models.Q(('minimum_fen__gte', 0), models.Q(('points_price__isnull', True), ('points_price__gt', 0), _connector='OR')), name='coupon_type_amounts_positive'),
        ),
        migrations.AddConstraint(
            model_name='coupontype',
            constraint=models.CheckConstraint(condition=models.Q(('total__isnull', True), ('issued__lte', models.F('total')), _connector='OR'), name='coupon_type_within_total'),
        ),
        migrations.AddConstraint(
            model_name='coupontype',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('valid_days__isnull', False), ('valid_until__isnull', True)), models.Q(('valid_days__isnull', True), ('valid_until__isnull', False)), _connector='OR'), name='coupon_type_one_validity', violation_error_message='Give either the days a coupon is valid, or its last moment.'),
        ),
        migrations.AddField(
            model_name='couponclaim',
            name='type',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.coupontype'),
        ),
        migrations.AddField(
            model_name='coupon',
            name='type',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='orders.coupontype', verbose_name='coupon type'),
        ),
        migrations.AddConstraint(
            model_name='shippingrate',
            constraint=models.CheckConstraint(condition=models.Q(('first_fen__gte', 0), ('first_g__gt', 0), ('further_fen__gte', 0), ('further_g__gt', 0), models.Q(('free_from_fen__isnull', True), ('free_from_fen__gte', 0), _connector='OR')), name='shipping_rate_sound'),
        ),
        migrations.AddConstraint(
            model_name='couponclaim',
            constraint=models.UniqueConstraint(fields=('type', 'member'), name='coupon_claim_once'),
        ),
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(fields=['member', 'state', 'expires_at'], name='coupon_of_member'),
        ),
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(condition=models.Q(('state', 'unused')), fields=['expires_at'], name='coupon_to_end'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.UniqueConstraint(fields=('member', 'key'), name='coupon_once'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['unused', 'used', 'expired', 'revoked'])), name='coupon_state_known'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'cash_off'), ('off_fen__gt', 0), ('percent', 0)), models.Q(('kind', 'member_day'), ('off_fen', 0), ('percent__gt', 0), ('percent__lt', 100)), models.Q(('kind', 'free_shipping'), ('off_fen', 0), ('percent', 0)), _connector='OR'), name='coupon_terms_whole', violation_error_message='Cash off needs an amount, a member-day discount a percentage, free shipping none.'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.CheckConstraint(condition=models.Q(('minimum_fen__gte', 0), ('points__gte', 0)), name='coupon_amounts_positive'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('order__isnull', False), ('state', 'used'), ('used_at__isnull', False)), models.Q(models.Q(('state', 'used'), _negated=True), ('order__isnull', True), ('used_at__isnull', True)), _connector='OR'), name='coupon_used_on_an_order'),
        ),
        migrations.AddField(
            model_name='order',
            name='deduction_fen',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='cash that points paid (fen)'),
        ),
        migrations.AddField(
            model_name='order',
            name='deduction_points',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='points instead of cash'),
        ),
        migrations.AddField(
            model_name='order',
            name='discount_fen',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='discount in cash (fen)'),
        ),
        migrations.AddField(
            model_name='order',
            name='discount_points',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='discount in points'),
        ),
        migrations.AddField(
            model_name='order',
            name='rule_version',
            field=models.CharField(blank=True, db_default='', default='', max_length=32, verbose_name='earning rules'),
        ),
        migrations.AddField(
            model_name='orderitem',
            name='paid_fen',
            field=models.BigIntegerField(null=True, verbose_name='cash paid (fen)'),
        ),
        migrations.AddField(
            model_name='orderitem',
            name='paid_points',
            field=models.BigIntegerField(null=True, verbose_name='points paid'),
        ),
        migrations.AlterField(
            model_name='orderitem',
            name='way',
            field=models.CharField(choices=[('points', 'Points only'), ('mixed', 'Points + cash'), ('cash', 'Cash, less what points deduct')], max_length=16, verbose_name='way'),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('goods_points__gt', 0), ('goods_fen__gt', 0), _connector='OR'), name='order_holds_something'),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('deduction_fen__gte', 0), ('deduction_points__gte', 0), ('discount_fen__gte', 0), ('discount_points__gte', 0)), name='order_reductions_not_negative'),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('cash_fen', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('goods_fen'), '-', models.F('discount_fen')), '-', models.F('deduction_fen')), '+', models.F('shipping_fen'))), ('points', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('goods_points'), '-', models.F('discount_points')), '+', models.F('deduction_points')))), name='order_sums_add_up'),
        ),
        AddConstraintNotValid(
            model_name='orderitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paid_fen__isnull', True), ('paid_points__isnull', True)), models.Q(('paid_fen__gte', 0), ('paid_fen__lte', django.db.models.expressions.CombinedExpression(models.F('unit_fen'), '*', models.F('quantity'))), ('paid_points__gte', 0)), _connector='OR'), name='order_item_shares_sound'),
        ),
        ValidateConstraint(
            model_name='order',
            name='order_holds_something',
        ),
        ValidateConstraint(
            model_name='order',
            name='order_reductions_not_negative',
        ),
        ValidateConstraint(
            model_name='order',
            name='order_sums_add_up',
        ),
        ValidateConstraint(
            model_name='orderitem',
            name='order_item_shares_sound',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_costs_something',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_cash_within_sums',
        ),
    ]
