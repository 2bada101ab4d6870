"""Money asked for, and what the providers told us about it (F5, F6)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class PaymentState(models.TextChoices):
    """OPEN waits for money; CLOSED is no longer wanted, and refunded by itself if it is paid all the same.

    Two are for staff. DISPUTED: the provider says that another amount was paid; the order waits for somebody to look.
    REFUND_REFUSED: the provider will not give the money back, and asking again does not help.
    """

    OPEN = "open", _("Waiting")
    PAID = "paid", _("Payment made")
    FAILED = "failed", _("Failed")
    CLOSED = "closed", _("Closed")
    REFUNDING = "refunding", _("Refund under way")
    REFUNDED = "refunded", _("Refunded")
    DISPUTED = "disputed", _("Another amount was paid")
    REFUND_REFUSED = "refund_refused", _("Refund refused")


class Payment(models.Model):
    """One attempt to pay the cash of an order with one provider. ``reference`` is our name for it there."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    provider = models.CharField(_("provider"), max_length=16)
    reference = models.CharField(_("reference"), max_length=32, unique=True)
    amount_fen = models.PositiveBigIntegerField(_("amount (fen)"))
    state = models.CharField(_("state"), max_length=16, choices=PaymentState, default=PaymentState.OPEN)
    provider_id = models.CharField(_("provider's number"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    # When the provider is asked next what became of it, or to give it back; empty when there is nothing left to ask.
    next_ask_at = models.DateTimeField(_("asked next at"), null=True, blank=True)
    refund_tries = models.PositiveSmallIntegerField(_("tries to refund"), default=0)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        permissions = [("refund_payment", _("Can have a refused refund tried again"))]
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="payment_state_known"),
            models.CheckConstraint(
                condition=~Q(state="refunding") | Q(next_ask_at__isnull=False), name="payment_refund_has_next_try"
            ),
            models.UniqueConstraint(fields=["order"], condition=Q(state="paid"), name="payment_paid_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(state="open"), name="payment_open_once"),
        ]
        indexes = [
            models.Index(fields=["next_ask_at"], name="payment_to_ask", condition=Q(next_ask_at__isnull=False)),
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
        return f"{self.provider} {self.event_id or self.reason}"
