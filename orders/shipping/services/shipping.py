"""Shipping: what waits in an order gets a carrier and a tracking number, in one parcel or in several (F7)."""

import re

from django.utils.translation import gettext_lazy as _

from core import audit, texts
from core.db import locking_transaction
from core.errors import DomainError
from orders.lifecycle.services import moves, notices
from orders.models import Carrier, OrderState, Shipment, ShipmentPart
from orders.shipping import queries as parcels
from orders.shipping.services import tracking

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


class ParcelKnown(DomainError):
    """The order has a parcel with this carrier and number already."""

    code = "parcel_known"
    message = _("This order already has a parcel with this number. Nothing was changed.")


class TrackingNumberTaken(DomainError):
    """A parcel to another recipient has the number; ``order`` is the number of its order. Perhaps it was copied twice;
    where both orders really are in one parcel, say that it is ``shared``."""

    code = "tracking_number_taken"
    message = _(
        "The tracking number %(number)s is also that of order %(order)s, which goes to somebody else. Nothing was"
        " changed."
    )


class ParcelEmpty(DomainError):
    code = "parcel_empty"
    message = _("Choose at least one piece for the parcel. Nothing was changed.")


class NotThatManyLeft(DomainError):
    """More pieces than wait, or an item of another order. ``name`` is the item's, ``left`` what waits of it."""

    code = "not_that_many_left"
    message = _("Of “%(name)s” only %(left)s wait for a parcel. Nothing was changed.")


def ship_order(*, order, carrier, tracking_number, by, at, pieces=None, shared=False):
    """Hand a parcel of ``order`` to ``carrier`` (a ``Carrier``); returns the ``Shipment``.

    ``pieces`` is ``{item_id: quantity}`` of what is in the parcel, None for all that is left. With the last piece
    the order is shipped, before that it is partly shipped. A ``shared`` parcel may hold orders of other recipients.
    Raises ``TrackingNumberNotValid``, ``CarrierNotInUse``, ``ParcelKnown``, ``TrackingNumberTaken``, ``ParcelEmpty``,
    ``NotThatManyLeft``, ``MoveNotAllowed`` or ``Busy``.
    """
    number = clean_tracking_number(tracking_number)
    with locking_transaction():
        return hand_over(moves.lock(order.pk), carrier, number, by=by, at=at, pieces=pieces, shared=shared)


def hand_over(order, carrier, number, *, by, at, pieces=None, shared=False):
    """As ``ship_order``, in the caller's transaction with the order locked and the number clean."""
    moves.check(order, OrderState.SHIPPED)
    check_parcel(order, carrier, number, shared=shared)
    left = parcels.left_to_ship(order)
    chosen = left if pieces is None else _chosen(order, left, pieces)
    if not chosen:
        raise ParcelEmpty
    is_last = chosen == left
    if is_last:
        moves.move(order, OrderState.SHIPPED, by=by, at=at, shipped_at=at)
    elif order.state == OrderState.TO_SHIP:
        moves.move(order, OrderState.PARTLY_SHIPPED, by=by, at=at)
    shipment = new_parcel(order, carrier, number, by=by, at=at)
    ShipmentPart.objects.bulk_create(
        ShipmentPart(shipment=shipment, item=item, quantity=quantity) for item, quantity in chosen.items()
    )
    audit.record(
        "order.shipped", by=by, subject=order.subject, at=at,
        carrier=carrier.code, tracking_number=number, pieces=sum(chosen.values()), is_last=is_last,
    )  # fmt: skip
    notices.of_parcel(shipment, "shipped" if is_last else "partly_shipped", at=at)
    return shipment


def check_parcel(order, carrier, number, *, shared):
    """Raise ``CarrierNotInUse``, ``ParcelKnown`` or ``TrackingNumberTaken``."""
    if not carrier.is_active:
        raise CarrierNotInUse
    if parcels.with_numbers([number]).filter(order=order, carrier=carrier).exists():
        raise ParcelKnown
    if not shared:
        check_recipient(order, number, holders([number]).get(parcels.bare(number), ()))


def holders(numbers):
    """``{bare tracking number: [Order, ...]}`` of the orders that have parcels with these numbers."""
    found = {}
    for shipment in parcels.with_numbers(numbers).select_related("order"):
        found.setdefault(parcels.bare(shipment.tracking_number), []).append(shipment.order)
    return found


def check_recipient(order, number, others):
    """Raise ``TrackingNumberTaken`` when one of ``others``, who have the number, goes to another phone or address."""
    for other in others:
        if (other.ship_phone_hash, other.ship_address) != (order.ship_phone_hash, order.ship_address):
            raise TrackingNumberTaken(number=number, order=other.number)


def new_parcel(order, carrier, number, *, by, at):
    """In the caller's transaction: a parcel without contents, and its way is followed from now on."""
    shipment = Shipment.objects.create(order=order, carrier=carrier, tracking_number=number, shipped_at=at, by=by)
    tracking.follow(shipment, at=at)
    return shipment


def _chosen(order, left, pieces):
    """``{item: quantity}`` without zeros, checked against what is left."""
    by_id = {item.pk: item for item in left}
    chosen = {}
    for item_id, quantity in pieces.items():
        if not isinstance(quantity, int) or quantity < 0 or quantity > left.get(by_id.get(item_id), 0):
            raise NotThatManyLeft(name=parcels.item_name(order, item_id), left=left.get(by_id.get(item_id), 0))
        if quantity:
            chosen[by_id[item_id]] = quantity
    return chosen


def clean_tracking_number(text):
    """As it is stored: capital letters, digits and hyphens. Raises ``TrackingNumberNotValid``."""
    number = texts.typed(text).replace(" ", "").upper()
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
