"""The list of goods and the page of each."""

from django.shortcuts import render

from catalog import drawing, queries
from catalog.filters import Filters
from catalog.models import Product
from core import clock
from points.queries import balance

LARGEST_ID = 2**63 - 1
SUGGESTED = 5


def product_list(request):
    at = clock.now()
    filters = Filters.read(request.GET)
    available = _available(request, at)
    listing = queries.listed_products(filters, at=at, available=available)
    popular = () if listing.cards else tuple(queries.popular(SUGGESTED, at=at, available=available))
    context = {
        "filters": filters,
        "q": filters.q,
        "listing": listing,
        "goods": drawing.goods(filters, listing, popular, available),
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
