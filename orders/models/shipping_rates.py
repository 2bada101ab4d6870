"""What a parcel costs, by where it goes and what it weighs (F12)."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import in_language


class ShippingRate(models.Model):
    """The rate of some provinces, or, where ``provinces`` is empty, of all that no other rate names.

    ``first_fen`` up to ``first_g``, then ``further_fen`` for each begun ``further_g``. Free from goods worth
    ``free_from_fen`` on, None: never by itself. ``provinces``: codes of two digits, ``["65", "54"]``.
    """

    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    provinces = models.JSONField(
        _("provinces"), default=list, blank=True, help_text=_("None chosen: everywhere that no other rate names.")
    )
    first_g = models.PositiveIntegerField(_("first weight (g)"), default=1000, validators=[MinValueValidator(1)])
    first_fen = models.PositiveIntegerField(_("fee for it (fen)"), default=0)
    further_g = models.PositiveIntegerField(_("each further (g)"), default=1000, validators=[MinValueValidator(1)])
    further_fen = models.PositiveIntegerField(_("fee for each (fen)"), default=0)
    free_from_fen = models.PositiveIntegerField(
        _("free from goods worth (fen)"), null=True, blank=True, help_text=_("Points count by their value.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("shipping rate")
        verbose_name_plural = _("shipping rates")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_g__gt=0, further_g__gt=0, first_fen__gte=0, further_fen__gte=0)
                & (Q(free_from_fen__isnull=True) | Q(free_from_fen__gte=0)),
                name="shipping_rate_sound",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def title(self):
        return in_language(self.name, self.name_en)
