"""Staff pages of points; each module registers its own."""

from points.admin import (
    accounts,
    adjustments,
    expiry,
    grants,
    ledger,
    partners,
    purchases,
    reviews,
    rule_sets,
    scripts,
    tiers,
    what_if,
)

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
