"""What members bought for money, wherever that was, and what of it came back (C1). Written by
``services.purchases``."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Purchase(models.Model):
    """One purchase: an order of the mall (``source`` "mall"), a line of a file ("file") or one that a partner told us
    ("partner:<code>"), named there by ``number``.

    ``points`` is what it earned, after the day's caps; the entry with the key ``purchase:<source>:<number>`` has the
    reasons. Where it earned nothing there is no entry, and ``steps`` keeps them. ``tier`` and ``multiplier`` are the
    member's at that moment: a rule set can be replayed over it (C15). ``points_back`` is how many of the points
    were asked back so far. ``active_from`` is empty while nobody knows when the points can be used (B5).
    """

    MALL, FILE = "mall", "file"  # sources that are no partner's

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="purchases",
        db_index=False,
        verbose_name=_("member"),
    )
    source = models.CharField(_("source"), max_length=32)
    number = models.CharField(_("order number"), max_length=64)
    paid_at = models.DateTimeField(_("paid at"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    points = models.IntegerField(_("points"))
    tier = models.CharField(_("tier"), max_length=16)
    multiplier = models.DecimalField(_("multiplier"), max_digits=6, decimal_places=3)
    rule_version = models.CharField(_("rule version"), max_length=32)
    steps = models.JSONField(_("breakdown"), null=True)
    active_from = models.DateTimeField(_("points usable from"), null=True)
    refunded_fen = models.BigIntegerField(_("refunded (fen)"), default=0)
    points_back = models.IntegerField(_("points asked back"), default=0)
    recorded_at = models.DateTimeField(_("recorded at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="points_purchase_once"),
            models.CheckConstraint(
                condition=Q(
                    amount_fen__gt=0,
                    points__gte=0,
                    refunded_fen__gte=0,
                    refunded_fen__lte=F("amount_fen"),
                    points_back__gte=0,
                    points_back__lte=F("points"),
                ),
                name="points_purchase_sound",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "paid_at"], name="points_purchase_of"),
            models.Index(fields=["paid_at"], name="points_purchase_by_time"),
        ]

    def __str__(self):
        return self.number

    @property
    def key(self):
        """Of its entry in the ledger."""
        return f"purchase:{self.source}:{self.number}"


class PurchaseLine(models.Model):
    """A part of a purchase: goods of one ``category`` (its code; empty: of none that counts). ``points`` is its share
    of the purchase's points."""

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="lines", verbose_name=_("purchase"))
    category = models.CharField(_("category"), max_length=64, blank=True)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    points = models.IntegerField(_("points"))
    refunded_fen = models.BigIntegerField(_("refunded (fen)"), default=0)
    points_back = models.IntegerField(_("points asked back"), default=0)

    class Meta:
        verbose_name = _("purchase line")
        verbose_name_plural = _("purchase lines")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    amount_fen__gte=0,
                    points__gte=0,
                    refunded_fen__gte=0,
                    refunded_fen__lte=F("amount_fen"),
                    points_back__gte=0,
                    points_back__lte=F("points"),
                ),
                name="points_purchase_line_sound",
            ),
        ]

    def __str__(self):
        return f"{self.category} {self.amount_fen}"


class PurchaseRefund(models.Model):
    """Money of a purchase that went back, and its points (B8): of ``points`` asked for, ``taken_points`` came out of
    lots, ``owed_points`` became a debt, the rest was let go. ``category`` is empty where it was for all lines."""

    purchase = models.ForeignKey(
        Purchase, models.PROTECT, related_name="refunds", db_index=False, verbose_name=_("purchase")
    )
    number = models.CharField(_("refund number"), max_length=64)
    category = models.CharField(_("category"), max_length=64, blank=True)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    points = models.IntegerField(_("points asked back"))
    taken_points = models.IntegerField(_("points taken"))
    owed_points = models.IntegerField(_("points owed"))
    policy = models.CharField(_("policy"), max_length=16)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("purchase refund")
        verbose_name_plural = _("purchase refunds")
        constraints = [
            models.UniqueConstraint(fields=["purchase", "number", "category"], name="points_purchase_refund_once"),
            models.CheckConstraint(
                condition=Q(
                    amount_fen__gt=0,
                    points__gte=F("taken_points") + F("owed_points"),
                    taken_points__gte=0,
                    owed_points__gte=0,
                ),
                name="points_purchase_refund_sound",
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.amount_fen}"
