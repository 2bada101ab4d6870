"""The order, its items as they were when it was placed, and every move it made (F3)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import SKU, Way, in_language
from catalog.prices import Price
from core.crypto import EncryptedTextField


class OrderState(models.TextChoices):
    """Where an order stands; ``orders.lifecycle.states`` says which moves are allowed."""

    PENDING_PAYMENT = "pending_payment", _("To pay")
    TO_SHIP = "to_ship", _("To ship")
    PARTLY_SHIPPED = "partly_shipped", _("Partly shipped")
    SHIPPED = "shipped", _("Shipped")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


class CancelReason(models.TextChoices):
    """Who ended an order; what they said about it is ``cancel_note``."""

    MEMBER = "member", _("Cancelled by the member")
    SHOP = "shop", _("Cancelled by the shop")
    TIMEOUT = "timeout", _("Not paid in time")


class Order(models.Model):
    """A redemption: points, and cash where a way asks for it. Prices, names and the address are snapshots.

    ``points`` = ``goods_points`` - ``discount_points`` + ``deduction_points``; ``cash_fen`` = ``goods_fen`` -
    ``discount_fen`` - ``deduction_fen`` + ``shipping_fen``: goods at their prices, what was taken off, what points
    paid instead of cash, and the parcel after all that makes it cheaper. ``rule_version`` names the rules of earning
    that were in force for the member (C9), empty for orders from before there were versions.

    ``form_digest`` is a keyed hash of what the form asked for, empty on orders from before it was kept.

    ``sums`` is the list of lines that make the total, each ``{"code", "points", "fen", "values"}`` as
    ``orders.placing.rules.pricing.Sum`` holds them. ``returned`` says what went back, by a cancellation or because it
    was paid too late or twice: ``{"points", "fen", "parts": [{"points", "expires_at"}]}``, empty until then.

    ``returnable_until`` is set at the receipt, so that a later change of the parameter breaks no promise; it is empty
    on orders that were received before it was kept (``queries.after_sale.ask_before`` knows both).
    """

    number = models.CharField(_("order number"), max_length=20, unique=True)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders", verbose_name=_("member")
    )
    state = models.CharField(_("state"), max_length=16, choices=OrderState)
    form_key = models.UUIDField(_("form key"), editable=False)
    form_digest = models.CharField(max_length=64, default="", db_default="", editable=False)

    points = models.PositiveBigIntegerField(_("points"))
    cash_fen = models.PositiveBigIntegerField(_("cash (fen)"))
    goods_points = models.PositiveBigIntegerField(_("points for goods"))
    goods_fen = models.PositiveBigIntegerField(_("cash for goods (fen)"))
    shipping_fen = models.PositiveBigIntegerField(_("shipping (fen)"))
    # Signed columns with a check of the table: an unsigned one would make PostgreSQL read every row to add it.
    discount_points = models.BigIntegerField(_("discount in points"), default=0, db_default=0)
    discount_fen = models.BigIntegerField(_("discount in cash (fen)"), default=0, db_default=0)
    deduction_points = models.BigIntegerField(_("points instead of cash"), default=0, db_default=0)
    deduction_fen = models.BigIntegerField(_("cash that points paid (fen)"), default=0, db_default=0)
    rule_version = models.CharField(_("earning rules"), max_length=32, default="", db_default="", blank=True)
    sums = models.JSONField(_("sums"), default=list)
    returned = models.JSONField(_("returned"), default=dict, blank=True)

    ship_name = EncryptedTextField(_("recipient"))
    ship_phone = EncryptedTextField(_("recipient's phone"))
    ship_address = EncryptedTextField(_("address"))
    ship_region_code = models.CharField(_("district code"), max_length=12)
    ship_phone_hash = models.CharField(max_length=64, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    placed_at = models.DateTimeField(_("placed at"))
    pay_before = models.DateTimeField(_("to be paid before"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    returnable_until = models.DateTimeField(_("can be returned until"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason of cancellation"), max_length=16, choices=CancelReason, blank=True)
    cancel_note = models.CharField(_("note on the cancellation"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "-pk"]
        permissions = [("ship_order", _("Can ship orders")), ("cancel_order", _("Can cancel orders"))]
        constraints = [
            models.UniqueConstraint(fields=["member", "form_key"], name="order_form_once"),
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_known"),
            models.CheckConstraint(
                condition=Q(cancel_reason__in=["", *CancelReason.values]), name="order_cancel_reason_known"
            ),
            models.CheckConstraint(condition=Q(goods_points__gt=0) | Q(goods_fen__gt=0), name="order_holds_something"),
            models.CheckConstraint(
                condition=Q(points__gte=0, cash_fen__gte=0, goods_points__gte=0, goods_fen__gte=0, shipping_fen__gte=0),
                name="order_sums_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(discount_points__gte=0, discount_fen__gte=0, deduction_points__gte=0, deduction_fen__gte=0),
                name="order_reductions_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    points=F("goods_points") - F("discount_points") + F("deduction_points"),
                    cash_fen=F("goods_fen") - F("discount_fen") - F("deduction_fen") + F("shipping_fen"),
                ),
                name="order_sums_add_up",
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.PENDING_PAYMENT) | Q(cash_fen__gt=0, pay_before__isnull=False),
                name="order_unpaid_has_deadline",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-placed_at"], name="order_member_placed"),
            models.Index(fields=["state", "-placed_at"], name="order_state_placed"),
            models.Index(fields=["ship_phone_hash"], name="order_phone"),
            models.Index(fields=["pay_before"], name="order_unpaid_due", condition=Q(state=OrderState.PENDING_PAYMENT)),
            models.Index(fields=["shipped_at"], name="order_on_the_way", condition=Q(state=OrderState.SHIPPED)),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("orders:detail", args=[self.number])

    @property
    def subject(self):
        """The order in the audit trail, the ledger and the stock movements."""
        return f"order:{self.number}"


class OrderItem(models.Model):
    """One line of an order as it was bought: a later change of the product does not touch it.

    ``paid_points`` and ``paid_fen`` are its share of what was paid for goods: over all items they add up to the
    order's ``points``, and to its ``cash_fen`` less ``shipping_fen``. They are empty on orders from before shares
    were kept; nothing was ever taken off those, so their share is the price. Read ``paid``, in SQL ``PAID_POINTS``
    and ``PAID_FEN``, and both are right.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="items")
    sku = models.ForeignKey(SKU, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    product_name = models.CharField(_("product"), max_length=200)
    product_name_en = models.CharField(_("product (English)"), max_length=200, blank=True)
    sku_label = models.CharField(_("variant"), max_length=200, blank=True)
    image = models.CharField(_("picture"), max_length=255, blank=True)
    way = models.CharField(_("way"), max_length=16, choices=Way)
    unit_points = models.PositiveBigIntegerField(_("points each"))
    unit_fen = models.PositiveBigIntegerField(_("cash each (fen)"))
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    position = models.PositiveSmallIntegerField(default=0)
    paid_points = models.BigIntegerField(_("points paid"), null=True)
    paid_fen = models.BigIntegerField(_("cash paid (fen)"), null=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "sku", "way"], name="order_item_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_item_quantity_positive"),
            models.CheckConstraint(
                condition=Q(unit_points__gt=0, unit_fen__gte=0) | Q(unit_points=0, unit_fen__gt=0),
                name="order_item_costs_something",
            ),
            # NULL passes a check: shares are both there or both missing, and never above the price but for points
            # that paid cash.
            models.CheckConstraint(
                condition=Q(paid_points__isnull=True, paid_fen__isnull=True)
                | Q(paid_points__gte=0, paid_fen__gte=0, paid_fen__lte=F("unit_fen") * F("quantity")),
                name="order_item_shares_sound",
            ),
        ]

    def __str__(self):
        return f"{self.product_name} × {self.quantity}"

    @property
    def title(self):
        """The product's name in the reader's language, as it was."""
        return in_language(self.product_name, self.product_name_en)

    @property
    def paid(self):
        """The ``Price`` that was paid for all its pieces together."""
        if self.paid_points is None:
            return Price(self.unit_points, self.unit_fen) * self.quantity
        return Price(self.paid_points, self.paid_fen)


# The same for queries: ``items.aggregate(Sum(PAID_FEN))``.
PAID_POINTS = Coalesce("paid_points", F("unit_points") * F("quantity"), output_field=models.BigIntegerField())
PAID_FEN = Coalesce("paid_fen", F("unit_fen") * F("quantity"), output_field=models.BigIntegerField())


class OrderMove(models.Model):
    """The order went from one state to another; written once, with who and why."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="moves")
    from_state = models.CharField(_("from"), max_length=16, choices=OrderState, blank=True)
    to_state = models.CharField(_("to"), max_length=16, choices=OrderState)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.from_state} → {self.to_state}"
