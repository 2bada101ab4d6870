"""Context for all member pages."""

from functools import cached_property

from django.conf import settings

from orders.placing.queries.basket import cart_count
from points.ledger import visitor as ledger_visitor
from points.tiers import visitor as tiers_visitor

# The background colour of each preset, for the browser's own frame.
THEME_COLORS = {"fresh": "#F6F4EE", "fashion": "#F5F2EE", "business": "#F2F4F6"}

_ALLAUTH = ("account_", "mfa_", "usersessions_")  # its pages have no namespace
_TABS = {"catalog": "products", "activities": "activities", "points": "points", "accounts": "me"}


def mall(request):
    """Shape: ``{"site_name": str, "look": "fresh" | "fashion" | "business", "theme_color": str, "bar": Bar}``."""
    return {
        "site_name": settings.SITE_NAME,
        "look": settings.LOOK,
        "theme_color": THEME_COLORS[settings.LOOK],
        "bar": Bar(request),
    }


class Bar:
    """Data for the navigation bars. Each value is read once, when a template uses it, and never for a stranger."""

    def __init__(self, request):
        self._request = request

    @property
    def balance(self):
        """The ``points.ledger.queries.Balance`` of the member, or None."""
        return ledger_visitor.balance(self._request)

    @property
    def available(self):
        """Points that the member can spend, or None."""
        return ledger_visitor.available(self._request)

    @property
    def standing(self):
        """The ``points.tiers.queries.Standing`` of the member, or None."""
        return tiers_visitor.standing(self._request)

    @cached_property
    def cart_count(self):
        """Number of pieces in the member's cart."""
        return cart_count(self._request.user)

    @cached_property
    def current(self):
        """The tab this page belongs to: home, products, activities, cart, orders, points, me, or nothing."""
        match = getattr(self._request, "resolver_match", None)
        if match is None:
            return ""
        if match.app_name == "orders":
            return "cart" if match.url_name in {"cart", "checkout"} else "orders"
        if match.view_name.startswith(_ALLAUTH):
            return "me"
        return _TABS.get(match.app_name, "home" if match.view_name == "home" else "")
