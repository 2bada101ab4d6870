"""The goods of the mall: categories, products, pictures, SKUs and stock movements (E1, E3, E8)."""

import uuid

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Concat, Lower
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.prices import Price, Way, WayNotOffered


def in_language(name, name_en):
    """The name in the page's language: the English one, if any, on English pages."""
    return name_en if name_en and (get_language() or "").startswith("en") else name


class Category(models.Model):
    """A category of goods. Pages show two levels; the table could hold more."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent category")
    )
    code = models.CharField(
        _("category code"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9_-]+$", _("Only a–z, 0–9, “-” and “_”."))],
        help_text=_("Stands in addresses: a–z, 0–9, “-” and “_”."),
    )
    name = models.CharField(_("category name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    icon = models.CharField(_("icon"), max_length=40, blank=True, help_text=_("Name of a Lucide icon"))

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], nulls_distinct=False, name="category_name_unique"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="category_not_own_parent"
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9_-]+$"), name="category_code_plain"),
        ]

    def __str__(self):
        return self.title

    def clean(self):
        """Only two levels: a parent must be at the top, and a category with children must stay there. This also rules
        out cycles."""
        if self.parent_id is None:
            return
        if self.parent_id == self.pk or self.parent.parent_id is not None:
            raise ValidationError({"parent": _("Choose a category of the top level.")})
        if self.pk and self.children.exists():
            raise ValidationError({"parent": _("This category has categories below it, so it stays at the top.")})

    @property
    def title(self):
        return in_language(self.name, self.name_en)


class Product(models.Model):
    """A product with its own page; members redeem one of its SKUs.

    ``options``: ``[{"name": "颜色", "values": ["奶白", "松绿"]}]``. ``parameters``: ``[["材质", "316 不锈钢"]]``.
    ``lowest_points``, ``lowest_mixed_points``, ``lowest_mixed_fen`` and ``lowest_cash_fen`` repeat the lowest prices of
    all its SKUs, because lists filter and sort by them; ``services.products`` maintains them. They include sold-out
    SKUs, so that a list price does not change with the stock; the product's page opens with a SKU in stock, at its own
    price. ``redeemed_count`` may briefly be negative when a return is counted before its redemption; pages show
    ``redeemed``. ``reserved_tier`` is the code of the lowest tier that may redeem it (C13), empty for everybody.
    """

    category = models.ForeignKey(Category, models.PROTECT, related_name="products", verbose_name=_("category"))
    name = models.CharField(_("product name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    brand = models.CharField(_("brand"), max_length=40, blank=True)
    spec = models.CharField(_("specification"), max_length=80, blank=True)
    model_no = models.CharField(_("model number"), max_length=40, blank=True)
    description = models.TextField(_("description"), max_length=5000, blank=True)
    market_price_fen = models.PositiveIntegerField(
        _("market price (fen)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    parameters = models.JSONField(_("parameters"), default=list, blank=True)
    options = models.JSONField(_("options"), default=list, blank=True)
    is_listed = models.BooleanField(_("listed"), default=False)
    listed_at = models.DateTimeField(_("listed at"), null=True, blank=True)
    position = models.IntegerField(_("position"), default=0, help_text=_("Smaller comes first in lists"))
    redeemed_count = models.IntegerField(_("redeemed"), default=0)
    lowest_points = models.PositiveIntegerField(_("lowest points price"), null=True, editable=False)
    lowest_mixed_points = models.PositiveIntegerField(_("lowest points with cash"), null=True, editable=False)
    lowest_mixed_fen = models.PositiveIntegerField(_("cash with the lowest points"), null=True, editable=False)
    lowest_cash_fen = models.IntegerField(_("lowest cash price (fen)"), null=True, editable=False)
    reserved_tier = models.CharField(_("reserved for"), max_length=16, default="", db_default="", blank=True)
    search_text = models.GeneratedField(
        expression=Lower(
            Concat("name", models.Value(" "), "name_en", models.Value(" "), "brand", models.Value(" "), "model_no")
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(
                condition=Q(market_price_fen__isnull=True) | Q(market_price_fen__gt=0),
                name="product_market_price_positive",
            ),
            models.CheckConstraint(
                condition=Q(is_listed=False) | Q(listed_at__isnull=False), name="product_listed_has_date"
            ),
            models.CheckConstraint(
                condition=Q(is_listed=False)
                | Q(lowest_points__isnull=False)
                | Q(lowest_mixed_points__isnull=False)
                | Q(lowest_cash_fen__isnull=False),
                name="product_listed_has_a_price",
            ),
            models.CheckConstraint(
                condition=Q(lowest_cash_fen__isnull=True) | Q(lowest_cash_fen__gt=0),
                name="product_lowest_cash_positive",
            ),
            models.CheckConstraint(
                condition=Q(lowest_mixed_points__isnull=True, lowest_mixed_fen__isnull=True)
                | Q(lowest_mixed_points__isnull=False, lowest_mixed_fen__isnull=False),
                name="product_lowest_mixed_whole",
            ),
        ]
        indexes = [
            GinIndex(OpClass(F("search_text"), name="gin_trgm_ops"), name="product_search"),
            models.Index(fields=["category", "position"], condition=Q(is_listed=True), name="product_by_category"),
            models.Index(fields=["position", "-id"], condition=Q(is_listed=True), name="product_by_position"),
            models.Index(fields=["-redeemed_count"], condition=Q(is_listed=True), name="product_by_popularity"),
            models.Index(fields=["-listed_at"], condition=Q(is_listed=True), name="product_by_date"),
            models.Index(
                Coalesce("lowest_points", "lowest_mixed_points", 0),
                condition=Q(is_listed=True),
                name="product_by_points_shown",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("catalog:detail", args=[self.pk])

    @property
    def title(self):
        return in_language(self.name, self.name_en)

    @property
    def redeemed(self):
        return max(self.redeemed_count, 0)


def picture_path(image, filename):  # noqa: ARG001 - as its caller has it
    """A new name in a new folder; the uploader's file name is dropped."""
    name = uuid.uuid4().hex
    return f"products/{name[:2]}/{name}.webp"


class ProductImage(models.Model):
    """A picture of a product. Thumbnails are next to the file; their URLs follow from its name."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images", verbose_name=_("product"))
    image = models.ImageField(_("picture"), upload_to=picture_path, max_length=120)
    alt = models.CharField(_("description for those who cannot see it"), max_length=200, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "position"], deferrable=models.Deferrable.DEFERRED, name="picture_position_unique"
            )
        ]

    def __str__(self):
        return self.alt or self.image.name


class SKU(models.Model):
    """A unit of stock: one combination of the product's options, with its price and stock.

    It is redeemed in one of its ways: ``points_price`` points, or ``mixed_points`` points and ``mixed_fen`` fen, or
    ``cash_fen`` fen, which points may lower at checkout. ``cost_fen`` is what the shop pays for it (C14), None if
    unknown. ``weight_g`` is None if unknown, 0 if nothing is shipped. Only ``services.stock`` changes ``stock``.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="skus", verbose_name=_("product"))
    code = models.CharField(_("SKU code"), max_length=40, unique=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    points_price = models.PositiveIntegerField(
        _("points price"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    mixed_points = models.PositiveIntegerField(
        _("points with cash"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    mixed_fen = models.PositiveIntegerField(
        _("cash with points (fen)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cash_fen = models.IntegerField(_("cash price (fen)"), null=True, blank=True, validators=[MinValueValidator(1)])
    cost_fen = models.IntegerField(_("cost (fen)"), null=True, blank=True, validators=[MinValueValidator(1)])
    weight_g = models.IntegerField(
        _("weight (g)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("0 where nothing is sent, such as a voucher."),
    )
    stock = models.IntegerField(_("stock"), default=0, editable=False)
    low_stock_at = models.PositiveIntegerField(_("low stock at"), default=5)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "options"], name="sku_options_unique"),
            models.CheckConstraint(condition=Q(stock__gte=0), name="sku_stock_not_negative"),
            models.CheckConstraint(
                condition=Q(points_price__isnull=True) | Q(points_price__gt=0), name="sku_points_price_positive"
            ),
            models.CheckConstraint(
                condition=Q(mixed_points__isnull=True, mixed_fen__isnull=True)
                | Q(mixed_points__isnull=False, mixed_fen__isnull=False, mixed_points__gt=0, mixed_fen__gt=0),
                name="sku_mixed_whole",
                violation_error_message=_("Points with cash need both: points and cash."),
            ),
            models.CheckConstraint(
                condition=Q(points_price__isnull=False) | Q(mixed_points__isnull=False) | Q(cash_fen__isnull=False),
                name="sku_has_one_way",
                violation_error_message=_("Give at least one price: points only, points and cash, or cash."),
            ),
            models.CheckConstraint(
                condition=(Q(cash_fen__isnull=True) | Q(cash_fen__gt=0))
                & (Q(cost_fen__isnull=True) | Q(cost_fen__gt=0))
                & (Q(weight_g__isnull=True) | Q(weight_g__gte=0)),
                name="sku_cash_cost_weight_sound",
            ),
        ]

    def __str__(self):
        return self.code

    @property
    def ways(self):
        """The ways in which it can be redeemed, points only first, cash last."""
        ways = []
        if self.points_price is not None:
            ways.append(Way.POINTS)
        if self.mixed_points is not None:
            ways.append(Way.MIXED)
        if self.cash_fen is not None:
            ways.append(Way.CASH)
        return ways

    def price(self, way):
        """The ``Price`` of one piece; raises ``WayNotOffered``."""
        if way == Way.POINTS and self.points_price is not None:
            return Price(self.points_price)
        if way == Way.MIXED and self.mixed_points is not None:
            return Price(self.mixed_points, self.mixed_fen)
        if way == Way.CASH and self.cash_fen is not None:
            return Price(0, self.cash_fen)
        raise WayNotOffered(sku=self.code)

    @property
    def label(self):
        """The chosen values: ``松绿 · 350 mL``; empty when the product has no options."""
        order = [option["name"] for option in self.product.options]
        return " · ".join(self.options[name] for name in order if name in self.options)


class StockMovement(models.Model):
    """One change of stock. Rows are only added: a trigger refuses updates and deletions."""

    class Reason(models.TextChoices):
        OPENING = "opening", _("Opening stock")
        REDEEMED = "redeemed", _("Redeemed")
        RETURNED = "returned", _("Given back")
        DELIVERY = "delivery", _("Delivery")
        COUNT = "count", _("Stock count")
        DAMAGE = "damage", _("Damaged or lost")

    sku = models.ForeignKey(SKU, models.PROTECT, related_name="movements", verbose_name=_("SKU"))
    delta = models.IntegerField(_("change"))
    stock_after = models.IntegerField(_("stock after"))
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    note = models.CharField(_("note"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=64, blank=True)
    key = models.CharField(_("key"), max_length=128)
    by = models.CharField(_("by"), max_length=64)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["sku", "key"], name="movement_key_unique"),
            models.CheckConstraint(condition=~Q(delta=0), name="movement_not_zero"),
            models.CheckConstraint(condition=Q(stock_after__gte=0), name="movement_stock_not_negative"),
            models.CheckConstraint(condition=~Q(key=""), name="movement_key_not_empty"),
        ]

    def __str__(self):
        return f"{self.delta:+d} {self.get_reason_display()}"
