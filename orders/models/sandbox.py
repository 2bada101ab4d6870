"""What the sandbox remembers of the payments it took."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class SandboxCharge(models.Model):
    """One payment that somebody decided on the sandbox page. ``refunds`` is ``{refund_reference: fen}``."""

    class State(models.TextChoices):
        PAID = "paid", _("Payment made")
        FAILED = "failed", _("Failed")

    merchant = models.CharField(max_length=32)
    reference = models.CharField(max_length=32)
    amount_fen = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8, choices=State)
    event_id = models.UUIDField(unique=True)
    notify_url = models.URLField(max_length=500)
    decided_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    refunded_fen = models.PositiveBigIntegerField(default=0)
    refunds = models.JSONField(default=dict)

    class Meta:
        app_label = "orders"
        verbose_name = _("sandbox charge")
        verbose_name_plural = _("sandbox charges")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "reference"], name="sandbox_charge_once"),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0, refunded_fen__gte=0, refunded_fen__lte=F("amount_fen")),
                name="sandbox_refund_within_charge",
            ),
        ]

    def __str__(self):
        return self.reference
