"""Rates of parcels: what staff set counts everywhere within a second (F12)."""

from django.db import transaction

from core import audit
from orders.shipping.rules import RATES


def save_rate(*, rate, by, at, changed=()):
    """Write a new or changed ``ShippingRate``. Orders that are placed keep their fee."""
    event = "shipping_rate.changed" if rate.pk else "shipping_rate.created"
    with transaction.atomic():
        rate.save()
        RATES.changed()
        audit.record(event, by=by, subject=f"shipping_rate:{rate.pk}", at=at, fields=list(changed))
    return rate
