import core.crypto
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('points', '0006_tiers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=24, unique=True, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9-]{1,23}\\Z', '2 to 24 small letters, digits or dashes, a letter first.')], verbose_name='code')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('calls_per_minute', models.PositiveIntegerField(default=600, verbose_name='calls a minute')),
                ('daily_grant_points', models.PositiveIntegerField(default=100000, help_text="Purchases and grants together, by the shop's day.", verbose_name='points given a day')),
                ('daily_deduct_points', models.PositiveIntegerField(default=100000, verbose_name='points deducted a day')),
                ('webhook_url', models.CharField(blank=True, max_length=300, verbose_name='webhook address')),
                ('webhook_events', models.JSONField(blank=True, default=list, verbose_name='told of')),
                ('webhook_secret', core.crypto.EncryptedTextField(blank=True, verbose_name='webhook secret')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
            ],
            options={
                'verbose_name': 'partner',
                'verbose_name_plural': 'partners',
                'permissions': [('manage_partner', 'Can set up partners and their webhooks'), ('manage_partner_keys', 'Can make and revoke keys of partners')],
                'constraints': [models.CheckConstraint(condition=models.Q(('calls_per_minute__gte', 1), ('daily_deduct_points__gte', 0), ('daily_grant_points__gte', 0)), name='points_partner_limits')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='PartnerBook',
            fields=[
                ('partner', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='book', serialize=False, to='points.partner')),
                ('last_seq', models.BigIntegerField(default=0, verbose_name='entries')),
                ('day', models.DateField(verbose_name='day')),
                ('given_points', models.BigIntegerField(default=0, verbose_name='points given on the day')),
                ('deducted_points', models.BigIntegerField(default=0, verbose_name='points deducted on the day')),
            ],
            options={
                'verbose_name': 'partner book',
                'verbose_name_plural': 'partner books',
                'constraints': [models.CheckConstraint(condition=models.Q(('deducted_points__gte', 0), ('given_points__gte', 0), ('last_seq__gte', 0)), name='points_partner_book')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='PartnerKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='points.partner', verbose_name='partner')),
                ('name', models.CharField(max_length=32, unique=True, verbose_name='access key')),
                ('secret', core.crypto.EncryptedTextField(verbose_name='secret')),
                ('scopes', models.JSONField(default=list, verbose_name='allowed to')),
                ('slot', models.PositiveSmallIntegerField(verbose_name='slot of the key')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('created_by', models.CharField(max_length=64, verbose_name='created by')),
                ('last_used_at', models.DateTimeField(null=True, verbose_name='last used')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='revoked at')),
                ('revoked_by', models.CharField(blank=True, max_length=64, verbose_name='revoked by')),
            ],
            options={
                'verbose_name': 'partner key',
                'verbose_name_plural': 'partner keys',
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('partner', 'slot'), name='points_partner_key_two_live'), models.CheckConstraint(condition=models.Q(('slot__in', [1, 2])), name='points_partner_key_slot')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='PartnerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='points.partner', verbose_name='partner')),
                ('seq', models.BigIntegerField(verbose_name='number')),
                ('kind', models.CharField(choices=[('purchase', 'Purchase'), ('refund', 'Refund of a purchase'), ('grant', 'Grant'), ('deduction_confirmed', 'Deduction confirmed'), ('deduction_cancelled', 'Deduction cancelled'), ('deduction_expired', 'Deduction past its deadline'), ('deduction_refunded', 'Deducted points given back')], max_length=24, verbose_name='kind')),
                ('reference', models.CharField(max_length=130, verbose_name="partner's reference")),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partner_entries', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('points', models.IntegerField(verbose_name='points')),
                ('details', models.JSONField(default=dict, verbose_name='details')),
                ('at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'partner entry',
                'verbose_name_plural': 'partner entries',
                'indexes': [models.Index(fields=['partner', 'member', 'seq'], name='points_partner_entry_of')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'seq'), name='points_partner_entry_seq'), models.UniqueConstraint(fields=('partner', 'kind', 'reference'), name='points_partner_entry_once'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['purchase', 'grant', 'deduction_refunded']), ('points__gte', 0)), models.Q(('kind__in', ['refund', 'deduction_confirmed']), ('points__lte', 0)), models.Q(('kind__in', ['deduction_cancelled', 'deduction_expired']), ('points', 0)), _connector='OR'), name='points_partner_entry_sign')],
            },
        ),
        migrations.CreateModel(
            name='Deduction',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False, verbose_name='number')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deductions', to='points.partner', verbose_name='partner')),
                ('reference', models.CharField(max_length=64, verbose_name="partner's reference")),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partner_deductions', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('points', models.IntegerField(verbose_name='points')),
                ('returned_points', models.IntegerField(default=0, verbose_name='points given back')),
                ('reason', models.CharField(blank=True, max_length=100, verbose_name='reason')),
                ('state', models.CharField(choices=[('held', 'Held'), ('confirmed', 'Confirmed'), ('cancelled', 'Cancelled'), ('expired', 'Past its deadline')], max_length=9, verbose_name='state')),
                ('created_at', models.DateTimeField(verbose_name='at')),
                ('deadline', models.DateTimeField(verbose_name='deadline')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended at')),
            ],
            options={
                'verbose_name': 'partner deduction',
                'verbose_name_plural': 'partner deductions',
                'indexes': [models.Index(condition=models.Q(('state', 'held')), fields=['deadline'], name='points_deduction_due'), models.Index(fields=['member', 'created_at'], name='points_deduction_of')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'reference'), name='points_deduction_reference'), models.CheckConstraint(condition=models.Q(('points__gte', 1), ('returned_points__gte', 0), ('returned_points__lte', models.F('points'))), name='points_deduction_points'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'held')), models.Q(models.Q(('state', 'held'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='points_deduction_ended'), models.CheckConstraint(condition=models.Q(('returned_points', 0), ('state', 'confirmed'), _connector='OR'), name='points_deduction_returned')],
            },
        ),
        migrations.CreateModel(
            name='PartnerCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='points.partner', verbose_name='partner')),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='points.partnerkey', verbose_name='access key')),
                ('idempotency_key', models.CharField(max_length=64, verbose_name='idempotency key')),
                ('nonce', models.CharField(max_length=64, verbose_name='nonce')),
                ('operation', models.CharField(max_length=40, verbose_name='operation')),
                ('request', models.CharField(max_length=64, verbose_name='hash of the request')),
                ('status', models.PositiveSmallIntegerField(default=0, verbose_name='status')),
                ('code', models.CharField(blank=True, max_length=64, verbose_name='refusal')),
                ('answer', models.TextField(blank=True, verbose_name='answer')),
                ('at', models.DateTimeField(db_index=True, verbose_name='at')),
            ],
            options={
                'verbose_name': 'partner call',
                'verbose_name_plural': 'partner calls',
                'indexes': [models.Index(fields=['partner', '-at'], name='points_partner_call_of')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'idempotency_key'), name='points_partner_call_once'), models.UniqueConstraint(fields=('key', 'nonce'), name='points_partner_call_nonce')],
            },
        ),
        migrations.CreateModel(
            name='ExternalMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=32, verbose_name='source')),
                ('external_id', models.CharField(max_length=64, verbose_name='number there')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='external_names', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('linked_at', models.DateTimeField(verbose_name='linked at')),
            ],
            options={
                'verbose_name': 'external member',
                'verbose_name_plural': 'external members',
                'indexes': [models.Index(fields=['member', 'source'], name='points_external_member_of')],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id'), name='points_external_member_once'), models.CheckConstraint(condition=models.Q(models.Q(('external_id', ''), _negated=True), models.Q(('source', ''), _negated=True)), name='points_external_member_named')],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='points.partner', verbose_name='partner')),
                ('event_id', models.CharField(max_length=64, verbose_name='event number')),
                ('event', models.CharField(choices=[('points.earned', 'Points earned'), ('purchase.refunded', 'Purchase refunded'), ('deduction.confirmed', 'Deduction confirmed'), ('deduction.cancelled', 'Deduction cancelled'), ('deduction.expired', 'Deduction past its deadline'), ('deduction.refunded', 'Deducted points given back'), ('member.tier_changed', 'Tier of a member changed')], max_length=32, verbose_name='event')),
                ('body', models.TextField(verbose_name='body')),
                ('state', models.CharField(choices=[('waiting', 'Waits'), ('delivered', 'Delivered'), ('dead', 'Given up')], default='waiting', max_length=9, verbose_name='state')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('attempts', models.JSONField(default=list, verbose_name='attempts')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('next_try_at', models.DateTimeField(verbose_name='next try at')),
                ('delivered_at', models.DateTimeField(null=True, verbose_name='delivered at')),
            ],
            options={
                'verbose_name': 'webhook delivery',
                'verbose_name_plural': 'webhook deliveries',
                'permissions': [('replay_webhookdelivery', 'Can send webhooks again')],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try_at'], name='points_webhook_due'), models.Index(fields=['partner', '-created_at'], name='points_webhook_of'), models.Index(fields=['-created_at'], name='points_webhook_newest')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'event_id'), name='points_webhook_once'), models.CheckConstraint(condition=models.Q(models.Q(('delivered_at__isnull', False), ('state', 'delivered')), models.Q(models.Q(('state', 'delivered'), _negated=True), ('delivered_at__isnull', True)), _connector='OR'), name='points_webhook_delivered')],
            },
        ),
    ]
