"""Product cards: plain values for ``_components/card.html``, read in two queries however many there are."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Abs, Coalesce, Least
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Product, in_language
from catalog.prices import Way

NEW_FOR = timedelta(days=14)
POPULAR_FROM = 10
EAGER = 4

POINTS_SHOWN = Coalesce("lowest_points", "lowest_mixed_points")
POINTS_NEEDED = Least("lowest_points", "lowest_mixed_points")  # PostgreSQL leaves the absent one out

# One statement for the whole page: written out, because lists are asked for most and the ORM's share would show.
_CARDS = """
SELECT product.id, product.name, product.name_en, product.lowest_points, product.lowest_mixed_points,
       product.lowest_mixed_fen, product.redeemed_count, product.listed_at, picture.image, picture.alt,
       shelf.stock, shelf.low_stock_at
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
    # A dry storage address is put together once; each picture then costs no more than a concatenation.
    media = default_storage.url("x")[:-1]
    found = [rows[pk] for pk in pks if pk in rows]
    return [
        _card(row, page=page, media=media, at=at, available=available, way=way, eager=n < eager)
        for n, row in enumerate(found)
    ]


def affordable(points, limit, *, at):
    """Cards of what ``points`` are enough for and in stock, the most redeemed first."""
    return _shelf(Q(needed__lte=points), ["-redeemed_count", "-pk"], limit, at=at, available=points)


def fitting(points, limit, *, at):
    """Cards of what is nearest to ``points``, a little more or a little less: what to redeem or save for."""
    return _shelf(Q(), [Abs(F("needed") - points), "-pk"], limit, at=at, available=points)


def popular(limit, *, at, available=None):
    """Cards of what is redeemed most and in stock."""
    return _shelf(Q(), ["-redeemed_count", "-pk"], limit, at=at, available=available)


def newest(limit, *, at, available=None):
    """Cards of what was listed last and is in stock."""
    return _shelf(Q(), ["-listed_at", "-pk"], limit, at=at, available=available)


def in_stock(products):
    """Only products of which a piece is left."""
    return products.filter(pk__in=_ON_SHELF)


_ON_SHELF = Product.objects.filter(skus__stock__gt=0).values("pk")


def _shelf(condition, order, limit, *, at, available):
    products = in_stock(Product.objects.filter(is_listed=True).annotate(needed=POINTS_NEEDED).filter(condition))
    return cards(products.order_by(*order)[:limit], at=at, available=available)


def _card(row, *, page, media, at, available, way, eager):
    (pk, name, name_en, points, mixed_points, mixed_fen, redeemed, listed_at, picture, alt, stock, low_stock_at) = row
    title = in_language(name, name_en)
    stock = stock or 0
    shown, fen = (points, 0) if points is not None and way != Way.MIXED else (mixed_points, mixed_fen)
    if shown is None:
        shown, fen = points, 0
    needed = shown if way else min(p for p in (points, mixed_points) if p is not None)
    meta, meta_tone = _meta(needed, stock, low_stock_at, redeemed, available)
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
    """At most one line, by urgency: short by how much, few left, popular. Returns ``(text, tone)``."""
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
