"""Staff pages of points; each module registers its own."""

from points.admin import accounts, adjustments, grants, ledger

__all__ = ["accounts", "adjustments", "grants", "ledger"]
