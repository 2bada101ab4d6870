"""Staff pages of points; each module registers its own."""

from points.admin import accounts

__all__ = ["accounts"]
