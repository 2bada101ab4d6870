"""The list of goods and the page of each."""

from django.shortcuts import render
from django.utils.translation import gettext as _

from catalog import queries
from catalog.filters import Filters
from catalog.models import Product
from catalog.prices import Way
from core import clock
from points.queries import balance

LARGEST_ID = 2**63 - 1
PAGES_AROUND = 2
SUGGESTED = 5


def product_list(request):
    at = clock.now()
    filters = Filters.read(request.GET)
    available = _available(request, at)
    listing = queries.listed_products(filters, at=at, available=available)
    path = listing.path
    context = {
        "filters": filters,
        "q": filters.q,
        "listing": listing,
        "available": available,
        "branches": _links(filters, listing.branches),
        "children": _links(filters, path[0].children) if path else [],
        "tags": _tags(filters, available),
        "sorts": _sorts(filters),
        "ways": Way.choices,
        "pages": _pages(filters, listing),
        "popular": [] if listing.cards else queries.popular(SUGGESTED, at=at, available=available),
        "list_url": request.path,
        "all_url": request.path + filters.query(category=""),
        "affordable_url": filters.query(affordable=not filters.affordable),
        "clear_url": Filters(q=filters.q, category=filters.category, sort=filters.sort).query(),
        "clear_all_url": Filters(category=filters.category, sort=filters.sort).query(),
        "next_url": filters.query(page=listing.page + 1) if listing.page < listing.pages else "",
        "previous_url": filters.query(page=listing.page - 1) if listing.page > 1 else "",
    }
    return render(request, "catalog/list.html", context)


def product_detail(request, pk):
    at = clock.now()
    if pk > LARGEST_ID:
        return _gone(request, None)
    available = _available(request, at)
    asked = request.GET.get("sku", "")
    page = queries.product_page(
        pk,
        sku=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None,
        way=request.GET.get("way"),
        available=available,
    )
    if page is None:
        return _gone(request, Product.objects.filter(pk=pk).first())
    return render(request, "catalog/detail.html", {"page": page, "product": page.product, "available": available})


def _gone(request, product):
    """404, in words: unlisted when there was such a product, unknown else."""
    return render(request, "catalog/gone.html", {"product": product}, status=404)


def _available(request, at):
    """The points that the member can spend, None for a stranger."""
    return balance(request.user.pk, at=at).available if request.user.is_authenticated else None


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
    """The orders as ``[(text, address, is current, icon), ...]``; points turn round when pressed again."""
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
