"""What is about to be redeemed, as cart and checkout show it: lines with today's prices and what is wrong with them."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Sum
from django.utils.translation import gettext as _

from catalog.models import SKU, ProductImage
from catalog.pictures import Picture, row_picture
from catalog.prices import Price, Way, WayNotOffered
from orders.models import CartLine
from orders.rules.pricing import Choice, price_order


@dataclass(frozen=True)
class BasketLine:
    """A choice with its goods. ``price`` is that of one piece; ``problem`` says why it cannot be had now, or is empty.

    ``line_id`` is that of the cart line, None in a quick redemption.
    """

    choice: Choice
    sku: SKU
    price: Price | None
    problem: str
    picture: Picture | None
    line_id: int | None = None

    @property
    def total(self):
        return self.price * self.choice.quantity

    @property
    def way_label(self):
        return Way(self.choice.way).label


@dataclass(frozen=True)
class Basket:
    """All lines; only those without a problem are priced and placed."""

    lines: list[BasketLine]
    from_cart: bool = True

    @cached_property
    def available(self):
        return [line for line in self.lines if not line.problem]

    @cached_property
    def unavailable(self):
        return [line for line in self.lines if line.problem]

    @cached_property
    def priced(self):
        return price_order([(line.choice, line.price) for line in self.available])

    @property
    def choices(self):
        return [line.choice for line in self.available]


def cart_count(member):
    """Pieces in the member's cart, for the bar; 0 for a stranger."""
    if not member.is_authenticated:
        return 0
    return CartLine.objects.filter(member=member).aggregate(pieces=Sum("quantity"))["pieces"] or 0


def basket_of_cart(member):
    """The member's cart, in three queries."""
    rows = list(CartLine.objects.filter(member=member).select_related("sku__product"))
    pictures = _first_pictures({row.sku.product_id for row in rows})
    taken = Counter()
    return Basket(
        [_line(row.sku, Choice(row.sku_id, row.way, row.quantity), pictures, taken, line_id=row.pk) for row in rows]
    )


def basket_of_choice(choice):
    """A quick redemption of one choice, past the cart; an empty basket when there is no such SKU."""
    sku = SKU.objects.select_related("product").filter(pk=choice.sku_id).first()
    if sku is None:
        return Basket([], from_cart=False)
    return Basket([_line(sku, choice, _first_pictures({sku.product_id}), Counter())], from_cart=False)


def _line(sku, choice, pictures, taken, line_id=None):
    try:
        price = sku.price(choice.way)
    except WayNotOffered:
        price = None
    left = sku.stock - taken[sku.pk]
    problem = _problem(sku, price, choice.quantity, left)
    if not problem:
        taken[sku.pk] += choice.quantity
    return BasketLine(choice, sku, price, problem, pictures.get(sku.product_id), line_id)


def _problem(sku, price, quantity, left):
    if not sku.product.is_listed:
        return _("No longer offered")
    if price is None:
        return _("Not redeemed in this way any more")
    if left <= 0:
        return _("Sold out")
    if left < quantity:
        return _("Only %(left)s left") % {"left": left}
    return ""


def _first_pictures(product_ids):
    rows = ProductImage.objects.filter(product_id__in=product_ids).order_by("product_id", "position", "pk")
    return {row.product_id: row_picture(row) for row in rows.distinct("product_id")}
