"""Parcels and who carries them (F7)."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class Carrier(models.Model):
    """A parcel service; ``code`` is the one that logistics services know it by."""

    code = models.CharField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=64)
    name_en = models.CharField(_("name (English)"), max_length=64, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title

    @property
    def title(self):
        """The name in the reader's language."""
        return self.name_en if self.name_en and get_language() == "en" else self.name


class Shipment(models.Model):
    """One parcel of an order."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments")
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", verbose_name=_("carrier"))
    tracking_number = models.CharField(_("tracking number"), max_length=32)
    shipped_at = models.DateTimeField(_("shipped at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["shipped_at", "pk"]
        indexes = [models.Index(fields=["tracking_number"], name="shipment_tracking")]

    def __str__(self):
        return f"{self.carrier_id} {self.tracking_number}"
