"""The list of goods and the product pages."""

from django.shortcuts import render

from catalog import drawing, queries
from catalog.filters import Filters
from core import clock
from points.ledger import visitor

SUGGESTED = 5


def product_list(request):
    at = clock.now()
    filters = Filters.read(request.GET)
    available = visitor.available(request)
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
    """A listed product; 404 with an explanation for unlisted products and for those that were never listed."""
    available = visitor.available(request)
    asked = request.GET.get("sku", "")
    page = queries.product_page(
        pk,
        sku=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None,
        way=request.GET.get("way"),
        available=available,
    )
    if page is None:
        return render(request, "catalog/gone.html", {"product": queries.former_product(pk)}, status=404)
    return render(request, "catalog/detail.html", {"page": page, "product": page.product, "available": available})
