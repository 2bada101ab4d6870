"""The detail page: one product with its SKUs, pictures and place in the tree, in four queries."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.pictures import detail_picture, row_picture
from catalog.prices import Way

MOST_PIECES = 99


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an option. ``sku``: the id that choosing it leads to, None when the combination does not exist."""

    text: str
    sku: int | None
    is_chosen: bool
    is_out: bool


@dataclass(frozen=True, slots=True)
class WayOption:
    """A way of paying for one piece. ``left``: the member's points afterwards, ``short``: missing points; None for a
    stranger."""

    way: Way
    points: int
    fen: int
    left: int | None
    short: int | None

    @property
    def label(self):
        return self.way.label

    @property
    def is_enough(self):
        return not self.short

    @property
    def note(self):
        """One plain sentence."""
        if self.short:
            return _("%(points)s points short.") % {"points": f"{self.short:,}"}
        if self.way == Way.CASH:
            return _("Paid in cash; at checkout points can take a part of it.")
        no_cash = self.way == Way.POINTS
        if self.left is None:
            return _("No cash.") if no_cash else _("Fewer points, the rest in cash.")
        if no_cash:
            text = _("No cash. %(points)s points left afterwards.")
        else:
            text = _("Fewer points, the rest in cash. %(points)s points left afterwards.")
        return text % {"points": f"{self.left:,}"}


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything that the page of a product shows, for one chosen SKU.

    ``pictures``: large ``Picture``s for the gallery, ``rows``: the same, small. ``options``:
    ``[(name, chosen value, [Value, ...]), ...]``. ``most``: the largest quantity that can be asked for.
    """

    product: Product
    skus: list
    sku: object
    pictures: list
    rows: list
    options: list
    ways: list
    way: Way | None
    most: int

    @property
    def is_sold_out(self):
        """All SKUs are sold out."""
        return not any(sku.stock for sku in self.skus)

    @property
    def is_out(self):
        """The chosen SKU is sold out."""
        return not self.sku.stock

    @property
    def is_low(self):
        return 0 < self.sku.stock <= self.sku.low_stock_at

    @property
    def chosen_way(self):
        return next(option for option in self.ways if option.way == self.way)

    @property
    def can_redeem(self):
        return not self.is_out and self.chosen_way.is_enough


def product_page(pk, *, sku=None, way=None, available=None):
    """The ``ProductPage`` of a listed product, or None. ``sku`` and ``way``: the visitor's choice; if it is not
    available, the first available one is used. ``available``: the member's points, None for a stranger."""
    product = (
        Product.objects.filter(pk=pk, is_listed=True)
        .select_related("category__parent")
        .prefetch_related("skus", "images")
        .first()
    )
    if product is None:
        return None
    skus = list(product.skus.all())
    for one in skus:
        one.product = product
    chosen = next((one for one in skus if one.pk == sku), None)
    chosen = chosen or next((one for one in skus if one.stock), skus[0])
    images = list(product.images.all())
    ways = [_way(chosen, offered, available) for offered in chosen.ways]
    fitting = [option.way for option in ways if option.is_enough]
    if way not in (fitting or chosen.ways):
        way = (fitting or chosen.ways)[0]
    return ProductPage(
        product=product,
        skus=skus,
        sku=chosen,
        pictures=[detail_picture(image) for image in images],
        rows=[row_picture(image) for image in images],
        options=[(one["name"], chosen.options.get(one["name"]), _values(one, skus, chosen)) for one in product.options],
        ways=ways,
        way=Way(way),
        most=max(1, min(chosen.stock, MOST_PIECES)),
    )


def former_product(pk):
    """The ``Product`` if it was once listed, else None: names of goods that were never offered stay private."""
    return Product.objects.filter(pk=pk, is_listed=False, listed_at__isnull=False).select_related("category").first()


def _way(sku, way, available):
    price = sku.price(way)
    left = None if available is None else max(available - price.points, 0)
    short = None if available is None else max(price.points - available, 0)
    return WayOption(way, price.points, price.fen, left, short)


def _values(option, skus, chosen):
    """The values of one option: each leads to the SKU that differs from the chosen one in this option alone."""
    name = option["name"]
    values = []
    for text in option["values"]:
        same = [sku for sku in skus if sku.options == {**chosen.options, name: text}]
        sku = same[0] if same else None
        values.append(Value(text, sku and sku.pk, chosen.options.get(name) == text, sku is None or not sku.stock))
    return values
