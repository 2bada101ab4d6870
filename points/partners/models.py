"""Partners: shops, tills and platforms that earn and spend members' points over HTTP (H3)."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.crypto import EncryptedTextField

CODE = RegexValidator(r"^[a-z][a-z0-9-]{1,23}\Z", _("2 to 24 small letters, digits or dashes, a letter first."))


class Scope(models.TextChoices):
    """What a key may do."""

    PURCHASES = "purchases", _("Report purchases and refunds")
    BALANCE = "balance", _("Read balances")
    MEMBERS = "members", _("Find members and make new ones")
    DEDUCTIONS = "deductions", _("Deduct points")
    GRANTS = "grants", _("Grant points")
    ENTRIES = "entries", _("Read its own entries")


class Event(models.TextChoices):
    """What a partner can be told."""

    EARNED = "points.earned", _("Points earned")
    REFUNDED = "purchase.refunded", _("Purchase refunded")
    CONFIRMED = "deduction.confirmed", _("Deduction confirmed")
    CANCELLED = "deduction.cancelled", _("Deduction cancelled")
    EXPIRED = "deduction.expired", _("Deduction past its deadline")
    RETURNED = "deduction.refunded", _("Deducted points given back")
    TIER = "member.tier_changed", _("Tier of a member changed")


class Partner(models.Model):
    """Somebody outside with keys of their own. What it does is booked with the source ``partner:<code>``, which also
    names its own numbers of members. Budgets are points a day of the shop; 0 allows none."""

    code = models.CharField(_("code"), max_length=24, unique=True, validators=[CODE])
    name = models.CharField(_("name"), max_length=60)
    is_active = models.BooleanField(_("active"), default=False)
    calls_per_minute = models.PositiveIntegerField(_("calls a minute"), default=600)
    daily_grant_points = models.PositiveIntegerField(
        _("points given a day"), default=0, help_text=_("Purchases and grants together, by the shop's day.")
    )
    daily_deduct_points = models.PositiveIntegerField(_("points deducted a day"), default=0)
    webhook_url = models.CharField(_("webhook address"), max_length=300, blank=True)
    webhook_events = models.JSONField(_("told of"), default=list, blank=True)
    webhook_secret = EncryptedTextField(_("webhook secret"), blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        permissions = [
            ("manage_partner", _("Can set up partners and their webhooks")),
            ("manage_partner_keys", _("Can make and revoke keys of partners")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(calls_per_minute__gte=1, daily_grant_points__gte=0, daily_deduct_points__gte=0),
                name="points_partner_limits",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def source(self):
        """``partner:<code>``: the source of what it books, and the actor who did it."""
        return f"partner:{self.code}"


class PartnerKey(models.Model):
    """A secret that signs requests from ``opened_at`` to ``revoked_at``. Two may live side by side, so that one can be
    replaced without a gap."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="keys", verbose_name=_("partner"))
    name = models.CharField(_("access key"), max_length=32, unique=True)
    secret = EncryptedTextField(_("secret"))
    scopes = models.JSONField(_("allowed to"), default=list)
    slot = models.PositiveSmallIntegerField(_("slot of the key"))
    created_at = models.DateTimeField(_("created at"))
    created_by = models.CharField(_("created by"), max_length=64)
    opened_at = models.DateTimeField(_("signs since"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    revoked_by = models.CharField(_("revoked by"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("partner key")
        verbose_name_plural = _("partner keys")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "slot"], condition=Q(revoked_at__isnull=True), name="points_partner_key_two_live"
            ),
            models.CheckConstraint(condition=Q(slot__in=[1, 2]), name="points_partner_key_slot"),
        ]

    def __str__(self):
        return self.name


class PartnerBook(models.Model):
    """How far a partner's log is, and what it gave and took on its last day. One row a partner, locked by a partner's
    every booking as the last thing before the commit: numbers follow commits, without a gap, and a budget is counted
    by the statement that tests it."""

    partner = models.OneToOneField(Partner, models.PROTECT, primary_key=True, related_name="book")
    last_seq = models.BigIntegerField(_("entries"), default=0)
    day = models.DateField(_("day"))
    given_points = models.BigIntegerField(_("points given on the day"), default=0)
    deducted_points = models.BigIntegerField(_("points deducted on the day"), default=0)

    class Meta:
        verbose_name = _("partner book")
        verbose_name_plural = _("partner books")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_seq__gte=0, given_points__gte=0, deducted_points__gte=0), name="points_partner_book"
            ),
        ]

    def __str__(self):
        return f"{self.partner_id}"


class PartnerEntry(models.Model):
    """One thing that a partner caused, for the partner to read. ``points`` are those of the member: plus or minus, 0
    where points were only set aside or let go. ``reference`` is the partner's own number of it; of a
    part that came back ``<number of the whole>/<number of the part>``."""

    class Kind(models.TextChoices):
        PURCHASE = "purchase", _("Purchase")
        REFUND = "refund", _("Refund of a purchase")
        GRANT = "grant", _("Grant")
        DEDUCTION_CONFIRMED = "deduction_confirmed", _("Deduction confirmed")
        DEDUCTION_CANCELLED = "deduction_cancelled", _("Deduction cancelled")
        DEDUCTION_EXPIRED = "deduction_expired", _("Deduction past its deadline")
        DEDUCTION_REFUNDED = "deduction_refunded", _("Deducted points given back")

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="entries", verbose_name=_("partner"))
    seq = models.BigIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    reference = models.CharField(_("partner's reference"), max_length=130)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="partner_entries", verbose_name=_("member")
    )
    points = models.IntegerField(_("points"))
    details = models.JSONField(_("details"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("partner entry")
        verbose_name_plural = _("partner entries")
        constraints = [
            models.UniqueConstraint(fields=["partner", "seq"], name="points_partner_entry_seq"),
            models.UniqueConstraint(fields=["partner", "kind", "reference"], name="points_partner_entry_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["purchase", "grant", "deduction_refunded"], points__gte=0)
                | Q(kind__in=["refund", "deduction_confirmed"], points__lte=0)
                | Q(kind__in=["deduction_cancelled", "deduction_expired"], points=0),
                name="points_partner_entry_sign",
            ),
        ]
        indexes = [models.Index(fields=["partner", "member", "seq"], name="points_partner_entry_of")]

    def __str__(self):
        return f"{self.partner_id} {self.seq}"


class Deduction(models.Model):
    """Points that a partner set aside for something it sells, until it confirms, cancels, or the deadline passes."""

    class State(models.TextChoices):
        HELD = "held", _("Held")
        CONFIRMED = "confirmed", pgettext_lazy("deduction", "Confirmed")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Past its deadline")

    id = models.UUIDField(_("number"), primary_key=True)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="deductions", verbose_name=_("partner"))
    reference = models.CharField(_("partner's reference"), max_length=64)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="partner_deductions", verbose_name=_("member")
    )
    points = models.IntegerField(_("points"))
    returned_points = models.IntegerField(_("points given back"), default=0)
    reason = models.CharField(_("reason"), max_length=100, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State)
    created_at = models.DateTimeField(_("at"))
    deadline = models.DateTimeField(_("deadline"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("partner deduction")
        verbose_name_plural = _("partner deductions")
        constraints = [
            models.UniqueConstraint(fields=["partner", "reference"], name="points_deduction_reference"),
            models.CheckConstraint(
                condition=Q(points__gte=1, returned_points__gte=0, returned_points__lte=models.F("points")),
                name="points_deduction_points",
            ),
            models.CheckConstraint(
                condition=Q(state="held", ended_at__isnull=True) | (~Q(state="held") & Q(ended_at__isnull=False)),
                name="points_deduction_ended",
            ),
            models.CheckConstraint(
                condition=Q(returned_points=0) | Q(state="confirmed"), name="points_deduction_returned"
            ),
        ]
        indexes = [
            models.Index(fields=["deadline"], name="points_deduction_due", condition=Q(state="held")),
            models.Index(fields=["member", "created_at"], name="points_deduction_of"),
        ]

    def __str__(self):
        return str(self.id)

    @property
    def hold_key(self):
        """Names the hold in the ledger; ``:paid`` behind it names the debit."""
        return f"deduction:{self.id}"

    @property
    def paid_key(self):
        return f"{self.hold_key}:paid"


class PartnerCall(models.Model):
    """A write that a partner asked for, and the answer it got: where it did something, the answer for that idempotency
    key for ever after; where it was refused (``code``), until the key is used again.

    No personal data: ``request`` is a hash of method, address and body, and answers name no phone. ``nonce`` makes a
    second use of a signed request fail even where the cache has forgotten the first.
    """

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="calls", verbose_name=_("partner"))
    key = models.ForeignKey(PartnerKey, models.PROTECT, related_name="+", verbose_name=_("access key"))
    idempotency_key = models.CharField(_("idempotency key"), max_length=64)
    nonce = models.CharField(_("nonce"), max_length=64)
    operation = models.CharField(_("operation"), max_length=40)
    request = models.CharField(_("hash of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    code = models.CharField(_("refusal"), max_length=64, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("partner call")
        verbose_name_plural = _("partner calls")
        constraints = [
            models.UniqueConstraint(fields=["partner", "idempotency_key"], name="points_partner_call_once"),
            models.UniqueConstraint(fields=["key", "nonce"], name="points_partner_call_nonce"),
        ]
        indexes = [models.Index(fields=["partner", "-at"], name="points_partner_call_of")]

    def __str__(self):
        return self.idempotency_key


class WebhookDelivery(models.Model):
    """One event on its way to one partner. ``body`` is what is sent, byte for byte, at every try; ``attempts`` are
    ``{"at", "status", "error", "answer"}`` of the latest tries, the answer cut short."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        DELIVERED = "delivered", _("Delivered")
        DEAD = "dead", _("Given up")

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="deliveries", verbose_name=_("partner"))
    event_id = models.CharField(_("event number"), max_length=64)
    event = models.CharField(_("event"), max_length=32, choices=Event)
    body = models.TextField(_("body"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    attempts = models.JSONField(_("attempts"), default=list)
    created_at = models.DateTimeField(_("created at"))
    next_try_at = models.DateTimeField(_("next try at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        permissions = [("replay_webhookdelivery", _("Can send webhooks again"))]
        constraints = [
            models.UniqueConstraint(fields=["partner", "event_id"], name="points_webhook_once"),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at__isnull=True)),
                name="points_webhook_delivered",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="points_webhook_due", condition=Q(state="waiting")),
            models.Index(fields=["partner", "-created_at"], name="points_webhook_of"),
            models.Index(fields=["-created_at"], name="points_webhook_newest"),
        ]

    def __str__(self):
        return self.event_id
