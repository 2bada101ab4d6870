"""The audit of stock: every SKU's stock must be the sum of its movements."""

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from catalog.models import SKU


def stock_breaks():
    """SKUs whose stock is not the sum of their movements, as ``[(code, stock, sum), ...]``; empty when all is well."""
    moved = Coalesce(Sum("movements__delta"), 0)
    return list(SKU.objects.annotate(moved=moved).exclude(stock=F("moved")).values_list("code", "stock", "moved"))
