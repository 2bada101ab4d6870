"""What is about to be redeemed, as cart and checkout show it: lines with today's prices and what is wrong with them."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import Sum
from django.utils.translation import gettext as _

from catalog.models import SKU, ProductImage
from catalog.pictures import Picture, row_picture
from catalog.prices import Price, Way, WayNotOffered
from orders.models import CartLine
from orders.queries.facts import NO_WISHES, Wishes, goods_of, pricing_facts
from orders.rules.pricing import Choice, PricingFacts, price_order
from points.tiers import rules as tiers
from points.tiers.queries import tier_of

NO_FACTS = PricingFacts(())


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
    """All lines; only those without a problem are priced and placed. ``facts``: what the price depends on besides."""

    lines: list[BasketLine]
    from_cart: bool = True
    facts: PricingFacts = NO_FACTS

    @cached_property
    def available(self):
        return [line for line in self.lines if not line.problem]

    @cached_property
    def unavailable(self):
        return [line for line in self.lines if line.problem]

    @cached_property
    def priced(self):
        goods = goods_of((line.choice, line.sku) for line in self.available)
        return price_order(replace(self.facts, goods=goods))

    @property
    def choices(self):
        return [line.choice for line in self.available]


def cart_count(member):
    """Pieces in the member's cart, for the bar; 0 for a stranger."""
    if not member.is_authenticated:
        return 0
    return CartLine.objects.filter(member=member).aggregate(pieces=Sum("quantity"))["pieces"] or 0


def basket_of_cart(member, *, at, wishes=NO_WISHES):
    """The member's cart at today's prices, under ``wishes``: three queries, and those of the facts."""
    rows = list(CartLine.objects.filter(member=member).select_related("sku__product"))
    choices = [(row.sku, Choice(row.sku_id, row.way, row.quantity), row.pk) for row in rows]
    return _basket(member, choices, at=at, wishes=wishes, from_cart=True)


def basket_of_choice(member, choice, *, at, wishes=NO_WISHES):
    """A quick redemption of one choice, past the cart; an empty basket when there is no such SKU."""
    sku = SKU.objects.select_related("product").filter(pk=choice.sku_id).first()
    choices = [] if sku is None else [(sku, choice, None)]
    return _basket(member, choices, at=at, wishes=wishes, from_cart=False)


def _basket(member, choices, *, at, wishes: Wishes, from_cart):
    if not choices:
        return Basket([], from_cart)
    tier = tier_of(member.pk)
    pictures = _first_pictures({sku.product_id for sku, _choice, _line_id in choices})
    taken = Counter()
    lines = [_line(sku, choice, pictures, taken, tier, line_id) for sku, choice, line_id in choices]
    return Basket(lines, from_cart, pricing_facts(member, (), wishes, tier=tier, at=at))


def _line(sku, choice, pictures, taken, tier, line_id):
    try:
        price = sku.price(choice.way)
    except WayNotOffered:
        price = None
    left = sku.stock - taken[sku.pk]
    problem = _problem(sku, price, choice.quantity, left, tier)
    if not problem:
        taken[sku.pk] += choice.quantity
    return BasketLine(choice, sku, price, problem, pictures.get(sku.product_id), line_id)


def _problem(sku, price, quantity, left, tier):
    if not sku.product.is_listed:
        return _("No longer offered")
    if not tiers.covers(tier.code, sku.product.reserved_tier):
        return _("Reserved for %(tier)s and above") % {"tier": tiers.by_code(sku.product.reserved_tier).title}
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
