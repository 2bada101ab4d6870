"""Shipping: an order to ship gets a carrier and a tracking number (F7)."""

import re

from django.utils.translation import gettext_lazy as _

from core import audit
from core.db import locking_transaction
from core.errors import DomainError
from orders.models import Carrier, Shipment, State
from orders.services import moves

CARRIERS = [
    ("shunfeng", "顺丰速运", "SF Express"),
    ("zhongtong", "中通快递", "ZTO Express"),
    ("yuantong", "圆通速递", "YTO Express"),
    ("shentong", "申通快递", "STO Express"),
    ("yunda", "韵达速递", "Yunda Express"),
    ("jd", "京东物流", "JD Logistics"),
    ("ems", "EMS", "EMS"),
]
TRACKING = re.compile(r"(?=.*[0-9])[A-Z0-9-]{6,32}")


class TrackingNumberNotValid(DomainError):
    code = "tracking_number_not_valid"
    message = _("A tracking number has 6 to 32 letters and digits. Nothing was changed.")


class CarrierNotInUse(DomainError):
    code = "carrier_not_in_use"
    message = _("This carrier is not in use. Nothing was changed.")


def ship_order(*, order, carrier, tracking_number, by, at):
    """Hand the parcel of ``order`` to ``carrier`` (a ``Carrier``); returns the ``Shipment``.

    Raises ``TrackingNumberNotValid``, ``CarrierNotInUse``, ``MoveNotAllowed`` or ``Busy``.
    """
    tracking_number = clean_tracking_number(tracking_number)
    if not carrier.is_active:
        raise CarrierNotInUse
    with locking_transaction():
        order = moves.lock(order.pk)
        moves.move(order, State.SHIPPED, by=by, at=at, shipped_at=at)
        shipment = Shipment.objects.create(
            order=order, carrier=carrier, tracking_number=tracking_number, shipped_at=at, by=by
        )
        audit.record(
            "order.shipped", by=by, subject=order.subject, at=at,
            carrier=carrier.code, tracking_number=tracking_number,
        )  # fmt: skip
    return shipment


def clean_tracking_number(text):
    """As it is stored: capital letters, digits and hyphens. Raises ``TrackingNumberNotValid``."""
    number = re.sub(r"\s", "", text).upper()
    if not TRACKING.fullmatch(number):
        raise TrackingNumberNotValid
    return number


def ensure_carriers():
    """Put the usual carriers into an empty table; what staff made of it later is left alone."""
    if not Carrier.objects.exists():
        Carrier.objects.bulk_create(
            Carrier(code=code, name=name, name_en=name_en, position=position)
            for position, (code, name, name_en) in enumerate(CARRIERS)
        )
