"""Money asked for, money given back, and what the providers told us about it (F4, F5, F6)."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core import codes
from orders.models.order import Order


class PaymentState(models.TextChoices):
    """OPEN waits for money; CLOSED is no longer wanted, and refunded by itself if it is paid all the same.

    FAILED may still be asked about: another try under the same name can succeed (``next_ask_at`` is set then).
    Two are for staff. DISPUTED: what was paid is not what was asked for; the order waits for somebody to look.
    REFUND_REFUSED: the provider will not give the money back, and asking again does not help.
    """

    OPEN = "open", _("Waiting")
    PAID = "paid", _("Payment made")
    FAILED = "failed", _("Failed")
    CLOSED = "closed", _("Closed")
    REFUNDING = "refunding", _("Refund under way")
    REFUNDED = "refunded", _("Refunded")
    DISPUTED = "disputed", _("Not what was asked for")
    REFUND_REFUSED = "refund_refused", _("Refund refused")


class Payment(models.Model):
    """One attempt to pay the cash of an order with one provider. ``reference`` is our name for it there.

    ``kind`` is how the provider takes it (a code to scan, a page of a phone ...), empty until the member came there.
    ``said`` is the provider's last word on it. ``look_since`` is set while somebody has to look: the word says nothing
    that we know, or what arrived is not what was asked for. ``paid_fen`` is what really arrived where that was another
    amount than ``amount_fen``, else NULL. ``returned_fen`` is what of it is on its way back or has come back: the sum
    of ``refunds``, kept here so that the database can hold it under what arrived.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    provider = models.CharField(_("provider"), max_length=16)
    reference = models.CharField(_("reference"), max_length=32, unique=True)
    kind = models.CharField(_("kind"), max_length=16, default="", db_default="", blank=True)
    amount_fen = models.PositiveBigIntegerField(_("amount (fen)"))
    # Signed columns with a check of the table: an unsigned one would make PostgreSQL read every row to add it.
    paid_fen = models.BigIntegerField(_("arrived (fen)"), null=True, blank=True)
    returned_fen = models.BigIntegerField(_("given back (fen)"), default=0, db_default=0)
    state = models.CharField(_("state"), max_length=16, choices=PaymentState, default=PaymentState.OPEN)
    provider_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    said = models.CharField(_("the provider's word"), max_length=64, default="", db_default="", blank=True)
    look_since = models.DateTimeField(_("waits for staff since"), null=True, blank=True)
    # When the provider is asked next what became of it; empty when it said its last word, or nobody will pay any more.
    next_ask_at = models.DateTimeField(_("asked next at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        permissions = [
            ("refund_payment", _("Can have a refused refund tried again")),
            ("settle_payment", _("Can decide about disputed payments, refused refunds and differences")),
            ("approve_by_hand", _("Can approve what others pay back or give away by hand")),
            ("mark_payment", _("Can mark payments as paid or not, and give money back by hand")),
        ]
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="payment_state_known"),
            models.CheckConstraint(
                condition=Q(paid_fen__isnull=True) | Q(paid_fen__gt=0), name="payment_paid_positive"
            ),
            models.CheckConstraint(
                condition=Q(
                    returned_fen__gte=0,
                    returned_fen__lte=Coalesce(F("paid_fen"), F("amount_fen"), output_field=models.BigIntegerField()),
                ),
                name="payment_returned_within_paid",
            ),
            models.UniqueConstraint(fields=["order"], condition=Q(state="paid"), name="payment_paid_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(state="open"), name="payment_open_once"),
        ]
        indexes = [
            models.Index(fields=["next_ask_at"], name="payment_to_ask", condition=Q(next_ask_at__isnull=False)),
            models.Index(fields=["provider", "paid_at"], name="payment_paid_day", condition=Q(paid_at__isnull=False)),
            models.Index(fields=["look_since"], name="payment_to_look_at", condition=Q(look_since__isnull=False)),
        ]

    def __str__(self):
        return self.reference

    @property
    def arrived_fen(self):
        """What the member paid, if they did."""
        return self.amount_fen if self.paid_fen is None else self.paid_fen

    @property
    def left_fen(self):
        """What could still be given back."""
        return self.arrived_fen - self.returned_fen


class RefundState(models.TextChoices):
    """REFUSED waits for staff: tried again, or SETTLED by hand (by a transfer, in cash), with a note."""

    UNDERWAY = "underway", _("Under way")
    DONE = "done", _("Given back")
    REFUSED = "refused", _("Refund refused")
    SETTLED = "settled", _("Settled by hand")


class PaymentRefund(models.Model):
    """Money of a payment that is to go back, in whole or in part (F6, F10).

    ``key`` is whose doing it is: the same key twice is one refund. ``reference`` is our name for it at the provider,
    ``said`` its last word on it. ``look_since`` is set while somebody has to look: it was refused, the word says
    nothing that we know, or it takes too long.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    key = models.CharField(_("key"), max_length=100, unique=True)
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    amount_fen = models.PositiveBigIntegerField(_("amount (fen)"))
    state = models.CharField(_("state"), max_length=16, choices=RefundState, default=RefundState.UNDERWAY)
    provider_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    by = models.CharField(_("by"), max_length=64)
    asked_at = models.DateTimeField(_("asked for at"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    said = models.CharField(_("the provider's word"), max_length=64, default="", db_default="", blank=True)
    look_since = models.DateTimeField(_("waits for staff since"), null=True, blank=True)
    next_ask_at = models.DateTimeField(_("asked next at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_known"),
            models.CheckConstraint(
                condition=Q(state="underway", next_ask_at__isnull=False)
                | (~Q(state="underway") & Q(next_ask_at__isnull=True)),
                name="refund_underway_has_next_try",
            ),
            models.CheckConstraint(condition=~Q(state="settled") | ~Q(note=""), name="refund_settled_has_note"),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "settled"]) | Q(done_at__isnull=False), name="refund_done_has_moment"
            ),
        ]
        indexes = [
            models.Index(fields=["next_ask_at"], name="refund_to_ask", condition=Q(state="underway")),
            models.Index(fields=["done_at"], name="refund_done"),
            models.Index(fields=["look_since"], name="refund_to_look_at", condition=Q(look_since__isnull=False)),
        ]

    def __str__(self):
        return self.reference


class NotificationState(models.TextChoices):
    RECEIVED = "received", _("Taken in")
    WORKED = "worked", _("Worked off")
    REFUSED = "refused", _("Refused")


class PaymentNotification(models.Model):
    """A callback as it came in. Refused ones have no ``event_id``: a forgery cannot take a real one's place."""

    provider = models.CharField(_("provider"), max_length=16)
    event_id = models.CharField(_("event"), max_length=64, null=True, blank=True)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="notifications")
    state = models.CharField(_("state"), max_length=16, choices=NotificationState, default=NotificationState.RECEIVED)
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, blank=True)
    word = models.CharField(_("the provider's word"), max_length=64, default="", db_default="", blank=True)
    provider_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received at"))
    worked_at = models.DateTimeField(_("worked off at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment notification")
        verbose_name_plural = _("payment notifications")
        ordering = ["received_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="payment_notification_once"),
            models.CheckConstraint(
                condition=Q(state="refused") | Q(event_id__isnull=False, payment__isnull=False),
                name="payment_notification_known",
            ),
        ]
        indexes = [
            models.Index(fields=["received_at"], name="notification_waiting", condition=Q(state="received")),
        ]

    def __str__(self):
        return f"{codes.word('provider', self.provider)} #{self.pk}"
