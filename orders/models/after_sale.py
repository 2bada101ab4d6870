"""After the parcel: a member asks for a return, a refund or an exchange, staff decide, and it is settled (F10)."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order, OrderItem
from orders.models.shipment import Shipment


class AfterSaleKind(models.TextChoices):
    """What is asked for. UNSHIPPED is the shop's own: pieces of a partly shipped order that cannot be had any more."""

    RETURN = "return", _("Return and refund")
    REFUND = "refund", _("Refund only")
    EXCHANGE = "exchange", _("Exchange")
    UNSHIPPED = "unshipped", _("Not delivered")


class AfterSaleState(models.TextChoices):
    """Where a request stands; ``orders.after_sale.states`` says which moves are allowed."""

    REQUESTED = "requested", _("Being looked at")
    APPROVED = "approved", _("Waiting for the goods")
    RECEIVED = "received", _("Goods are back")
    SETTLED = "settled", _("Refunded")
    EXCHANGED = "exchanged", _("Replacement on its way")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


OPEN = [AfterSaleState.REQUESTED, AfterSaleState.APPROVED, AfterSaleState.RECEIVED]


class AfterSaleReason(models.TextChoices):
    """Why. The first four are the shop's fault: then the shipping fee can come back too."""

    DAMAGED = "damaged", _("Damaged or defective")
    WRONG = "wrong", _("Wrong item")
    NOT_AS_SHOWN = "not_as_shown", _("Not as shown")
    MISSING = "missing", _("Missing or never arrived")
    NOT_WANTED = "not_wanted", _("No longer wanted")
    OTHER = "other", _("Something else")


SHOPS_FAULT = {
    AfterSaleReason.DAMAGED,
    AfterSaleReason.WRONG,
    AfterSaleReason.NOT_AS_SHOWN,
    AfterSaleReason.MISSING,
}


class StockBack(models.TextChoices):
    """What becomes of pieces that came back."""

    SELLABLE = "sellable", _("Back on the shelf")
    DAMAGED = "damaged", _("Damaged, written off")


class AfterSale(models.Model):
    """A request about pieces of one order; an order has one open at a time.

    ``points`` and ``fen`` are what comes back, shipping included, 0 until it is settled. ``returned`` says how:
    as ``Order.returned`` (``orders.lifecycle.services.giving_back.came_back``). Pictures are shown to the
    member and to staff alone.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="after_sales", verbose_name=_("order"))
    form_key = models.UUIDField(_("form key"), editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=AfterSaleKind)
    state = models.CharField(_("state"), max_length=16, choices=AfterSaleState)
    reason = models.CharField(_("reason"), max_length=16, choices=AfterSaleReason)
    text = models.CharField(_("What happened"), max_length=500, blank=True)
    requested_at = models.DateTimeField(_("requested at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    answer = models.CharField(_("answer of the shop"), max_length=200, blank=True)
    sent_with = models.CharField(_("sent back with"), max_length=64, blank=True)
    sent_number = models.CharField(_("tracking number of the goods sent back"), max_length=32, blank=True)

    points = models.PositiveBigIntegerField(_("points back"), default=0)
    fen = models.PositiveBigIntegerField(_("cash back (fen)"), default=0)
    shipping_fen = models.PositiveBigIntegerField(_("of it shipping (fen)"), default=0)
    stock_back = models.CharField(_("pieces that came back"), max_length=16, choices=StockBack, blank=True)
    returned = models.JSONField(_("returned"), default=dict, blank=True)
    replacement = models.OneToOneField(
        Shipment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("parcel with the replacement"),
    )

    class Meta:
        verbose_name = _("after-sale request")
        verbose_name_plural = _("after-sale requests")
        ordering = ["-requested_at", "-pk"]
        permissions = [
            ("decide_aftersale", _("Can decide on after-sale requests")),
            ("receive_aftersale", _("Can take in goods that come back")),
            ("settle_aftersale", _("Can settle after-sale requests")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "form_key"], name="after_sale_form_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(state__in=OPEN), name="after_sale_one_open"),
            models.CheckConstraint(condition=Q(state__in=AfterSaleState.values), name="after_sale_state_known"),
            models.CheckConstraint(condition=Q(kind__in=AfterSaleKind.values), name="after_sale_kind_known"),
            models.CheckConstraint(
                condition=Q(points__gte=0, fen__gte=models.F("shipping_fen"), shipping_fen__gte=0),
                name="after_sale_sums_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state="settled") | Q(points=0, fen=0, shipping_fen=0), name="after_sale_pays_when_settled"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at__isnull=True) | ~Q(state__in=OPEN) & Q(ended_at__isnull=False),
                name="after_sale_ends",
            ),
            models.CheckConstraint(
                condition=Q(state="exchanged", replacement__isnull=False)
                | ~Q(state="exchanged") & Q(replacement__isnull=True),
                name="after_sale_exchange_has_parcel",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "requested_at"], name="after_sale_queue"),
            models.Index(fields=["sent_number"], name="after_sale_sent", condition=~Q(sent_number="")),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("orders:after_sale", args=[self.number])

    @property
    def subject(self):
        """The request in the audit trail, the ledger and the stock movements."""
        return f"aftersale:{self.number}"

    @property
    def takes_in(self):
        """Whether paying back says that the goods are here, too. An exchange goes on with a replacement first."""
        return self.kind == AfterSaleKind.RETURN and self.state == AfterSaleState.APPROVED

    @property
    def is_open(self):
        return self.state in OPEN


class AfterSaleItem(models.Model):
    """So many pieces of an item the request is about; ``points`` and ``fen`` are what came back for them."""

    after_sale = models.ForeignKey(AfterSale, models.PROTECT, related_name="items")
    item = models.ForeignKey(OrderItem, models.PROTECT, related_name="after_sale_items", verbose_name=_("item"))
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    points = models.PositiveBigIntegerField(_("points back"), default=0)
    fen = models.PositiveBigIntegerField(_("cash back (fen)"), default=0)

    class Meta:
        verbose_name = _("item of an after-sale request")
        verbose_name_plural = _("items of after-sale requests")
        ordering = ["item__position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["after_sale", "item"], name="after_sale_item_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, points__gte=0, fen__gte=0), name="after_sale_item_sums_not_negative"
            ),
        ]

    def __str__(self):
        return f"{self.item_id} × {self.quantity}"


class AfterSalePicture(models.Model):
    """What the member photographed; ``name`` is that in the private storage."""

    after_sale = models.ForeignKey(AfterSale, models.PROTECT, related_name="pictures")
    name = models.CharField(_("name"), max_length=200, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("picture of an after-sale request")
        verbose_name_plural = _("pictures of after-sale requests")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name


class AfterSaleMove(models.Model):
    """The request went from one state to another; written once, with who and why."""

    after_sale = models.ForeignKey(AfterSale, models.PROTECT, related_name="moves")
    from_state = models.CharField(_("from"), max_length=16, choices=AfterSaleState, blank=True)
    to_state = models.CharField(_("to"), max_length=16, choices=AfterSaleState)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("move of an after-sale request")
        verbose_name_plural = _("moves of after-sale requests")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.from_state} → {self.to_state}"
