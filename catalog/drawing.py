"""A cache of rendered HTML that depends only on immutable values.

Cards and listings are read from the database for each request, but their HTML depends only on their values and the
language. These are the cache key, so nothing ever has to be invalidated. Price, stock and missing points are among the
values. The cache takes a few megabytes per process and saves most of a list's time.
"""

from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.filters import Filters
from catalog.prices import Way

PAGES_AROUND = 2
CARDS_REMEMBERED = 8192  # about 1 KB each
LISTS_REMEMBERED = 256  # about 25 KB each


def cards(found, size="card"):
    """HTML of all ``Card``s of a list by ``_components/card.html``; ``size`` is ``card`` or ``shelf``."""
    draw = _card if settings.DEBUG else _card_remembered
    language = get_language()
    return mark_safe("".join([draw(card, size, language) for card in found]))  # noqa: S308 - the template's own output


def goods(filters, listing, popular, available):
    """HTML of the main part of the list page."""
    draw = _goods if settings.DEBUG else _goods_remembered
    return draw(filters, listing, popular, available, get_language())


def _card(card, size, language):  # noqa: ARG001 - a part of what is remembered
    return render_to_string("_components/card.html", {"card": card, "size": size}).strip()


def _goods(filters, listing, popular, available, language):  # noqa: ARG001 - a part of what is remembered
    path = listing.path
    page = reverse("catalog:list")
    context = {
        "filters": filters,
        "listing": listing,
        "popular": popular,
        "available": available,
        "branches": _links(filters, listing.branches),
        "children": _links(filters, path[0].children) if path else [],
        "tags": _tags(filters, available),
        "sorts": _sorts(filters),
        "ways": Way.choices,
        "pages": _pages(filters, listing),
        "list_url": page,
        "all_url": page + filters.query(category=""),
        "affordable_url": page + filters.query(affordable=not filters.affordable),
        "clear_url": page + Filters(q=filters.q, category=filters.category, sort=filters.sort).query(),
        "clear_all_url": page + Filters(category=filters.category, sort=filters.sort).query(),
        "next_url": page + filters.query(page=listing.page + 1) if listing.page < listing.pages else "",
        "previous_url": page + filters.query(page=listing.page - 1) if listing.page > 1 else "",
    }
    return render_to_string("catalog/_goods.html", context)


_card_remembered = lru_cache(CARDS_REMEMBERED)(_card)
_goods_remembered = lru_cache(LISTS_REMEMBERED)(_goods)


def _links(filters, branches):
    """Categories with their addresses: ``[(branch, address), ...]``."""
    return [(branch, filters.query(category=branch.code)) for branch in branches]


def _tags(filters, available):
    """The applied filters as ``[(text, address without it), ...]``."""
    tags = []
    if filters.q:
        tags.append((_("“%(words)s”") % {"words": filters.q}, filters.query(q="")))
    if filters.lowest is not None or filters.highest is not None:
        low, high = (None if n is None else f"{n:,}" for n in (filters.lowest, filters.highest))
        if low is None:
            text = _("up to %(points)s points") % {"points": high}
        elif high is None:
            text = _("from %(points)s points") % {"points": low}
        else:
            text = _("%(low)s–%(high)s points") % {"low": low, "high": high}
        tags.append((text, filters.query(lowest=None, highest=None)))
    if filters.way:
        tags.append((Way(filters.way).label, filters.query(way="")))
    if filters.affordable and available is not None:
        tags.append((_("Within my points"), filters.query(affordable=False)))
    if filters.in_stock:
        tags.append((_("Only in stock"), filters.query(in_stock=False)))
    return tags


def _sorts(filters):
    """The orders as ``[(text, address, is current, icon), ...]``; pressing points again reverses the order."""
    turned = "-points" if filters.sort == "points" else "points"
    arrow = {"points": "arrow-up", "-points": "arrow-down"}.get(filters.sort, "arrow-up-down")
    choices = [
        ("default", _("Featured"), ""),
        ("new", _("Newest"), ""),
        (turned, _("Points"), arrow),
        ("popular", _("Popular"), ""),
    ]
    return [
        (text, filters.query(sort=sort), filters.sort.lstrip("-") == sort.lstrip("-"), icon)
        for sort, text, icon in choices
    ]


def _pages(filters, listing):
    """The page links as ``[(number or None for a gap, address), ...]``; empty for a single page."""
    if listing.pages == 1:
        return []
    near = range(listing.page - PAGES_AROUND, listing.page + PAGES_AROUND + 1)
    shown = [n for n in range(1, listing.pages + 1) if n in (1, listing.pages) or n in near]
    links = []
    for before, number in zip([0, *shown], shown, strict=False):
        if number > before + 1:
            links.append((None, ""))
        links.append((number, filters.query(page=number)))
    return links
