"""What one piece costs: value objects below the models, so that a SKU can answer for its own price."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class Way(models.TextChoices):
    """How a SKU is redeemed."""

    POINTS = "points", _("Points only")
    MIXED = "mixed", _("Points + cash")
    CASH = "cash", _("Cash, less what points deduct")


class WayNotOffered(DomainError):
    """The SKU is not redeemed in that way."""

    code = "way_not_offered"
    message = _("This item cannot be redeemed in that way. Please choose another one.")


@dataclass(frozen=True, slots=True)
class Price:
    """Whole points and fen of money; either may be 0, never both. ``price * 3`` is the price of three pieces."""

    points: int
    fen: int = 0

    def __mul__(self, quantity):
        return Price(self.points * quantity, self.fen * quantity)
