"""Tables of purchases, and of how sources name members."""

from points.purchases.models.external import ExternalMember
from points.purchases.models.purchases import Purchase, PurchaseLine, PurchaseRefund
from points.purchases.models.what_if import WhatIfRun

__all__ = [
    "ExternalMember",
    "Purchase",
    "PurchaseLine",
    "PurchaseRefund",
    "WhatIfRun",
]
