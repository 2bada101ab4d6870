"""What is about to be redeemed, read and priced: the same for the cart, for the checkout and for the order."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import Sum

from catalog.models import SKU
from catalog.pictures import thumbnail_url
from catalog.prices import Price, Way
from catalog.queries import offers
from core.errors import DomainError
from orders.models import CartLine
from orders.placing.queries.facts import NO_WISHES, Wishes, goods_of, pricing_facts
from orders.placing.rules import availability
from orders.placing.rules.pricing import Choice, PricingFacts, price_order
from points.tiers.queries import tier_of

NO_FACTS = PricingFacts(())


@dataclass(frozen=True)
class BasketLine:
    """A choice with its goods. ``refusal`` is the error that says why it cannot be had now, or None.

    ``line_id`` is that of the cart line, None in a quick redemption.
    """

    choice: Choice
    sku: SKU
    refusal: DomainError | None
    line_id: int | None = None

    @property
    def price(self) -> Price | None:
        """That of one piece; None where it is not redeemed in this way."""
        return self.sku.price(self.choice.way) if self.choice.way in self.sku.ways else None

    @property
    def total(self):
        return self.price * self.choice.quantity

    @property
    def problem(self):
        """The refusal in a few words; empty if there is none."""
        return availability.in_short(self.refusal) if self.refusal else ""

    @property
    def picture_url(self):
        return thumbnail_url(self.sku.picture, "row")

    @property
    def way_label(self):
        return Way(self.choice.way).label


@dataclass(frozen=True)
class Basket:
    """All lines; only the available ones are priced and placed. ``facts``: what the price depends on besides."""

    lines: list[BasketLine]
    from_cart: bool = True
    facts: PricingFacts = NO_FACTS

    @cached_property
    def available(self):
        return [line for line in self.lines if not line.refusal]

    @cached_property
    def unavailable(self):
        return [line for line in self.lines if line.refusal]

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


def basket_of_cart(member, *, at, wishes=NO_WISHES, lock=False):
    """The member's cart at today's prices, under ``wishes``: three queries, and those of the facts. ``lock`` holds its
    lines until the transaction ends."""
    rows = CartLine.objects.filter(member=member)
    lines = [
        (Choice(row.sku_id, row.way, row.quantity), row.pk) for row in (rows.select_for_update() if lock else rows)
    ]
    return _basket(member, lines, at=at, wishes=wishes, from_cart=True)


def basket_of_choices(member, choices, *, at, wishes=NO_WISHES, ask_stock=True):
    """Choices past the cart, as in a quick redemption; raises ``UnknownSKU`` where there is no such SKU. Without
    ``ask_stock`` the stock is left to the shelf, which decides when the pieces are taken."""
    lines = [(choice, None) for choice in choices]
    return _basket(member, lines, at=at, wishes=wishes, from_cart=False, ask_stock=ask_stock)


def _basket(member, choices, *, at, wishes: Wishes, from_cart, ask_stock=True):
    if not choices:
        return Basket([], from_cart)
    skus = offers.of_skus({choice.sku_id for choice, _line_id in choices})
    tier = tier_of(member.pk)
    taken = Counter()
    lines = []
    for choice, line_id in choices:
        sku = skus.get(choice.sku_id)
        left = sku.stock - taken[sku.pk] if sku and ask_stock else None
        refusal = availability.refusal(sku, choice, tier, left=left)
        if sku is None:
            raise refusal
        if not refusal:
            taken[sku.pk] += choice.quantity
        lines.append(BasketLine(choice, sku, refusal, line_id))
    return Basket(lines, from_cart, pricing_facts(member, (), wishes, tier=tier, at=at))
