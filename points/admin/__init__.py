"""Staff pages of points; each module registers its own."""

from points.earning.admin import reviews, rule_sets, scripts
from points.grants.admin import adjustments, grants
from points.ledger.admin import expiry
from points.pages.admin import accounts, ledger
from points.partners.admin import partners
from points.purchases.admin import purchases, what_if
from points.tiers.admin import tiers

__all__ = [
    "accounts",
    "adjustments",
    "expiry",
    "grants",
    "ledger",
    "partners",
    "purchases",
    "reviews",
    "rule_sets",
    "scripts",
    "tiers",
    "what_if",
]
