"""What a member means to redeem: choices only, never a price (F2)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import SKU, Way

MOST_PIECES = 99  # of one line
MOST_LINES = 50  # of one cart or order


class CartLine(models.Model):
    """So many pieces of a SKU, redeemed in one way. A member's lines are the cart."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cart_lines")
    sku = models.ForeignKey(SKU, models.CASCADE, related_name="+")
    way = models.CharField(_("way"), max_length=16, choices=Way)
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["member", "sku", "way"], name="cart_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_PIECES), name="cart_line_quantity_in_range"
            ),
        ]

    def __str__(self):
        return f"{self.sku_id} × {self.quantity}"
