"""Product cards, plain values for ``_components/card.html`` read in two queries however many there are; and shelves of
them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import F, Q, Value, Window
from django.db.models.functions import Coalesce, Least, RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Product, in_language
from catalog.prices import Way

NEW_FOR = timedelta(days=14)
POPULAR_FROM = 10
EAGER = 4

POINTS_SHOWN = Coalesce("lowest_points", "lowest_mixed_points", 0)
# ``least`` ignores NULL. Goods sold for cash only have NULL here: no points reach them.
POINTS_NEEDED = Least("lowest_points", "lowest_mixed_points")

# One hand-written statement for the whole page: lists are requested most, and the ORM would slow them down noticeably.
_CARDS = """
SELECT product.id, product.name, product.name_en, product.lowest_points, product.lowest_mixed_points,
       product.lowest_mixed_fen, product.lowest_cash_fen, product.redeemed_count, product.listed_at, picture.image,
       picture.alt, shelf.stock, shelf.low_stock_at
FROM catalog_product AS product
LEFT JOIN catalog_productimage AS picture ON picture.product_id = product.id AND picture.position = 0
LEFT JOIN LATERAL (
    SELECT sum(sku.stock) AS stock, max(sku.low_stock_at) AS low_stock_at
    FROM catalog_sku AS sku WHERE sku.product_id = product.id
) AS shelf ON true
WHERE product.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list. ``points`` and ``fen`` are its lowest price; texts are in the page's language.

    ``image_srcset`` holds the same picture for sharper screens; ``eager`` pictures are on the first screen.
    """

    id: int
    url: str
    title: str
    image_url: str
    image_alt: str
    points: int
    fen: int
    badge: str
    badge_tone: str
    meta: str
    meta_tone: str
    sold_out: bool
    image_srcset: str = ""
    eager: bool = False


def cards(products, *, at, available=None, way=None, eager=0):
    """The ``Card``s of a queryset of ``Product``, in its order; two queries.

    ``available``: the points a member can spend, None for a stranger. ``way``: show the price of this ``Way`` where it
    is offered. ``eager``: how many pictures to load at once.
    """
    pks = list(products.values_list("pk", flat=True))
    if not pks:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_CARDS, [pks])
        rows = {row[0]: row for row in cursor.fetchall()}
    page = reverse("catalog:detail", args=[0])
    # The storage URL is built once, so that each picture costs only a concatenation.
    media = default_storage.url("x")[:-1]
    found = [rows[pk] for pk in pks if pk in rows]
    return [
        _card(row, page=page, media=media, at=at, available=available, way=way, eager=n < eager)
        for n, row in enumerate(found)
    ]


def popular(limit, *, at, available=None):
    """Cards of the most redeemed products in stock."""
    return cards(_on_sale(Q()).order_by("-redeemed_count", "-pk")[:limit], at=at, available=available)


def front_shelves(limits, *, ending, available, at):
    """The cards of several shelves, of listed products in stock, in three queries. Shape: ``{name: [Card]}``.

    ``limits``: how many on each, by name: ``first_use`` has goods for the ``ending`` points, most expensive first;
    ``within`` goods for the ``available`` points (None: a stranger has none) and ``popular`` goods for anybody, both by
    popularity; ``newest`` is by date. A product may stand on several. Cards of the first two show a price that those
    points are enough for.
    """
    enough = {"first_use": ending, "within": available or 0}
    rows = [
        _places("first_use", Q(needed__lte=enough["first_use"]), "needed", limits["first_use"]),
        _places("within", Q(needed__lte=enough["within"]), "redeemed_count", limits["within"]),
        _places("popular", Q(), "redeemed_count", limits["popular"]),
        _places("newest", Q(), "listed_at", limits["newest"]),
    ]
    places = sorted((_Place(*row) for row in rows[0].union(*rows[1:], all=True)), key=lambda place: place.number)
    found = Product.objects.filter(pk__in={place.product for place in places})
    card_of = {card.id: card for card in cards(found, at=at, available=available)}
    filled = {name: [] for name in limits}
    for place in places:
        if place.product in card_of:
            filled[place.shelf].append(_within(card_of[place.product], place, enough.get(place.shelf)))
    return filled


def in_stock(products):
    """Only products with stock."""
    return products.filter(pk__in=_ON_SHELF)


_ON_SHELF = Product.objects.filter(skus__stock__gt=0).values("pk")


class _Place(NamedTuple):
    shelf: str
    product: int
    number: int
    mixed_points: int | None
    mixed_fen: int | None


def _places(shelf, condition, order, limit):
    """The rows of one shelf: the ``limit`` highest by ``order`` that meet the condition."""
    highest_first = [F(order).desc(), F("pk").desc()]
    return (
        _on_sale(condition)
        .order_by(*highest_first)
        .annotate(shelf=Value(shelf), number=Window(RowNumber(), order_by=highest_first))
        .values_list("shelf", "pk", "number", "lowest_mixed_points", "lowest_mixed_fen")[:limit]
    )


def _on_sale(condition):
    return in_stock(Product.objects.filter(is_listed=True).annotate(needed=POINTS_NEEDED).filter(condition))


def _within(card, place, points):
    """The card with the price that ``points`` are enough for, if that is the one with cash; None: any price."""
    if points is None or card.points <= points:
        return card
    return replace(card, points=place.mixed_points, fen=place.mixed_fen)


def _card(row, *, page, media, at, available, way, eager):
    (pk, name, name_en, points, mixed_points, mixed_fen, cash_fen, redeemed, listed_at, picture, alt, stock, low) = row
    title = in_language(name, name_en)
    stock = stock or 0
    prices = {Way.POINTS: (points, 0), Way.MIXED: (mixed_points, mixed_fen), Way.CASH: (cash_fen and 0, cash_fen)}
    offered = [price for price in (prices.get(way), *prices.values()) if price and price[0] is not None]
    shown, fen = offered[0]
    needed = shown if way else min(price[0] for price in offered if price[0] or len(offered) == 1)
    meta, meta_tone = _meta(needed, stock, low, redeemed, available)
    badge = ""
    if not stock:
        badge = _("Back soon")
    elif listed_at and at - listed_at < NEW_FOR:
        badge = _("New arrival")
    url = f"{media}{picture}" if picture else ""
    return Card(
        id=pk,
        url=page.replace("/0/", f"/{pk}/"),
        title=title,
        image_url=f"{url}.card.webp" if url else "",
        image_alt=alt or title,
        points=shown,
        fen=fen,
        badge=badge,
        badge_tone="",
        meta=meta,
        meta_tone=meta_tone,
        sold_out=not stock,
        image_srcset=f"{url}.card.webp 1x, {url}.card2x.webp 2x" if url else "",
        eager=eager,
    )


def _meta(needed, stock, low_stock_at, redeemed, available):
    """At most one line, by urgency: missing points, few left, popular. Returns ``(text, tone)``."""
    if not stock:
        return "", ""
    if available is not None and available < needed:
        return _("%(points)s points short") % {"points": f"{needed - available:,}"}, ""
    if stock <= low_stock_at:
        return ngettext("Only %(count)s left", "Only %(count)s left", stock) % {"count": f"{stock:,}"}, "warn"
    if redeemed >= POPULAR_FROM:
        text = ngettext("%(count)s redeemed", "%(count)s redeemed", redeemed)
        return text % {"count": f"{redeemed:,}"}, ""
    return "", ""
