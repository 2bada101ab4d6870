"""Parcels, who carries them, what is in them and where they are (F7, F8)."""

from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Replace
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order, OrderItem

PUBLIC_PAGE = "https://www.kuaidi100.com/chaxun?com={carrier}&nu={number}"  # knows every carrier by its code


def check_tracking_page(text):
    """The address of a carrier's page must be one that a parcel's number can be put into."""
    if not text.startswith(("https://", "http://")) or "{number}" not in text:
        raise ValidationError(_("An address that begins with https:// and has {number} where the number goes."))


class Carrier(models.Model):
    """A parcel service; ``code`` is the one that logistics services know it by."""

    code = models.CharField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=64)
    name_en = models.CharField(_("name (English)"), max_length=64, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    tracking_page = models.CharField(
        _("page for following a parcel"),
        max_length=200,
        blank=True,
        validators=[check_tracking_page],
        help_text=_("With {number} where the tracking number goes. Empty: the public page of Kuaidi100."),
    )

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

    def page_of(self, number):
        """Where anybody can follow the parcel with that number."""
        page = self.tracking_page or PUBLIC_PAGE
        return page.replace("{carrier}", quote(self.code)).replace("{number}", quote(number))


class Shipment(models.Model):
    """One parcel of an order: ``parts`` are its contents. Parcels of before there were parts hold the whole order."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments")
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", verbose_name=_("carrier"))
    tracking_number = models.CharField(_("tracking number"), max_length=32)
    shipped_at = models.DateTimeField(_("shipped at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["shipped_at", "pk"]
        indexes = [models.Index(Replace("tracking_number", Value("-")), name="shipment_bare_number")]

    def __str__(self):
        return f"{self.carrier_id} {self.tracking_number}"

    @property
    def public_page(self):
        """Where anybody can follow it; ``carrier`` should be loaded."""
        return self.carrier.page_of(self.tracking_number)


class ShipmentPart(models.Model):
    """So many pieces of an item are in this parcel (F7). What replaces returned goods is no part of the order."""

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="parts")
    item = models.ForeignKey(OrderItem, models.PROTECT, related_name="parts", verbose_name=_("item"))
    quantity = models.PositiveSmallIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("content of a parcel")
        verbose_name_plural = _("contents of parcels")
        constraints = [
            models.UniqueConstraint(fields=["shipment", "item"], name="shipment_part_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="shipment_part_quantity_positive"),
        ]

    def __str__(self):
        return f"{self.item_id} × {self.quantity}"


class ParcelState(models.TextChoices):
    """Where the carrier says a parcel is."""

    UNKNOWN = "unknown", _("No word yet")
    NOT_FOLLOWED = "not_followed", _("Not followed")  # nobody tells us
    COLLECTED = "collected", _("Collected")
    ON_THE_WAY = "on_the_way", _("On its way")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    DELIVERED = "delivered", _("Delivered")
    PROBLEM = "problem", _("Held up")
    RETURNED = "returned", _("Going back to us")


class Tracking(models.Model):
    """What is known of a parcel's way, and when the logistics service is asked next; empty when there is nothing left
    to ask (F8). The pages read this and never ask."""

    shipment = models.OneToOneField(Shipment, models.PROTECT, primary_key=True, related_name="tracking")
    state = models.CharField(_("state"), max_length=16, choices=ParcelState, default=ParcelState.UNKNOWN)
    next_look_at = models.DateTimeField(_("asked next at"), null=True, blank=True)
    looked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    quiet_looks = models.PositiveSmallIntegerField(_("looks without news"), default=0)
    subscribed_at = models.DateTimeField(_("subscribed at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("tracking of a parcel")
        verbose_name_plural = _("tracking of parcels")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ParcelState.values), name="tracking_state_known"),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False, next_look_at__isnull=True),
                name="tracking_ends_with_delivery",
            ),
        ]
        indexes = [
            models.Index(fields=["next_look_at"], name="tracking_to_ask", condition=Q(next_look_at__isnull=False)),
        ]

    def __str__(self):
        return f"{self.shipment_id} {self.state}"


class TrackingEvent(models.Model):
    """One line of a parcel's way, in the carrier's words."""

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="events")
    at = models.DateTimeField(_("at"))
    text = models.CharField(_("text"), max_length=300)
    place = models.CharField(_("place"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("step of a parcel")
        verbose_name_plural = _("steps of parcels")
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["shipment", "at", "text"], name="tracking_event_once")]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.text}"
