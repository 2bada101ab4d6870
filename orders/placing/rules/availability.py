"""May a member have this: the one place that decides it, for the cart, for the checkout and for the order."""

from django.utils.translation import gettext_lazy as _

from catalog.models import SKU
from catalog.prices import WayNotOffered
from catalog.services.stock import NotListed, SoldOut, UnknownSKU
from core.errors import DomainError
from orders.placing.rules.pricing.facts import Choice
from points.tiers import rules as tiers
from points.tiers.rules import Tier

IN_SHORT = {
    "unknown_sku": _("No longer offered"),
    "not_listed": _("No longer offered"),
    "reserved_for_tier": _("Reserved for %(tier)s and above"),
    "way_not_offered": _("Not redeemed in this way any more"),
}


class ReservedForTier(DomainError):
    """The product is for members of a higher tier (C13)."""

    code = "reserved_for_tier"
    message = _("“%(name)s” is reserved for %(tier)s and above. Nothing was changed.")


def refusal(sku: SKU | None, choice: Choice, tier: Tier, *, left: int | None = None) -> DomainError | None:
    """The error that says why a member with the ``Tier`` cannot have the ``Choice`` of the ``SKU``, or None.

    ``sku`` is None where there is no such SKU; a draft is as unknown, because it has no name yet. ``left``: pieces that
    are there for this choice; None leaves the stock to the shelf, which decides when they are taken.
    """
    if sku is None or sku.product.listed_at is None:
        return UnknownSKU(sku=choice.sku_id)
    product = sku.product
    if not product.is_listed:
        return NotListed(sku=sku.pk, name=product.title)
    if not tiers.covers(tier.code, product.reserved_tier):
        return ReservedForTier(name=product.title, tier=tiers.by_code(product.reserved_tier).title)
    if choice.way not in sku.ways:
        return WayNotOffered(sku=sku.code)
    if left is not None and left < choice.quantity:
        return SoldOut(sku=sku.pk, name=product.title, stock=max(left, 0))
    return None


def in_short(error: DomainError) -> str:
    """A ``refusal`` in a few words, for a line of the cart."""
    if not isinstance(error, SoldOut):
        return str(IN_SHORT[error.code]) % error.details
    left = error.details["stock"]
    return _("Only %(left)s left") % {"left": left} if left else str(_("Sold out"))
