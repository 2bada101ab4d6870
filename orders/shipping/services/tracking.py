"""Tracks parcels: asks the logistics service from time to time, stores the answers and tells the member (F8).

A parcel is asked after ``FIRST_LOOK``, then the more seldom the longer nothing is new, and no more once it was
delivered, goes back, or is older than ``FOLLOWED``. Where the service pushes, asking is the net under it.
"""

from datetime import timedelta

import structlog
from django.conf import settings
from django.urls import reverse

from core.db import locking_transaction
from orders.lifecycle.services import notices
from orders.models import Carrier, ParcelState, Shipment, Tracking, TrackingEvent
from orders.shipping import tracking
from orders.shipping.queries import with_numbers
from orders.shipping.tracking.base import ParcelRefused

log = structlog.get_logger(__name__)

FIRST_LOOK = timedelta(minutes=30)
WAIT = timedelta(hours=1)  # after a look with news; twice as long after each without
LONGEST_WAIT = timedelta(hours=12)
PUSHED_WAIT = timedelta(hours=24)  # where changes are pushed to us
FOLLOWED = timedelta(days=30)
ENDS = (ParcelState.DELIVERED, ParcelState.RETURNED)
TOLD = {ParcelState.OUT_FOR_DELIVERY: "out_for_delivery", ParcelState.DELIVERED: "delivered"}


def follow(shipment, *, at):
    """In the caller's transaction: the way of a new parcel is followed from now on, or from when there is a service."""
    state = ParcelState.UNKNOWN if tracking.service() else ParcelState.NOT_FOLLOWED
    return Tracking.objects.create(shipment=shipment, state=state, next_look_at=at + FIRST_LOOK)


def look(*, shipment_id, at):
    """Ask the service where a parcel is and keep the answer; True when something was new.

    Does nothing without a service, or when it is not due (another worker asks already). The next look is set before
    the call; no lock is held around it. Raises ``TrackingUnavailable`` or ``ParcelRefused``: then it is asked again
    later.
    """
    service = tracking.service()
    parcel = Shipment.objects.select_related("carrier", "order", "tracking").get(pk=shipment_id)
    if service is None or not _claim(parcel, at):
        return False
    about = {
        "carrier": parcel.carrier.code,
        "number": parcel.tracking_number,
        "phone": parcel.order.ship_phone,
    }
    if service.pushes and parcel.tracking.subscribed_at is None:
        _subscribe(service, parcel.pk, about, at)
    try:
        way = service.query(**about)
    except ParcelRefused:
        _tell_not_followed(parcel.pk)
        raise
    return _keep(parcel.pk, way, at=at)


def take_push(*, way, at):
    """Store what the service pushed (a ``Way``) for every parcel with that number; returns how many.

    Harmless when it comes twice or late.
    """
    codes = [way.carrier, way.mistaken] if way.mistaken else [way.carrier]
    parcels = with_numbers([way.number]).filter(carrier__code__in=codes, tracking__isnull=False)
    pks = list(parcels.order_by("pk").values_list("pk", flat=True))
    if way.mistaken:
        _correct_carrier(pks, way)
    for pk in pks:
        _keep(pk, way, at=at)
    return len(pks)


def _subscribe(service, shipment_id, about, at):
    """A parcel that the service does not push may still be asked about."""
    callback_url = settings.SITE_URL + reverse("orders:tracking_push", args=[service.code])
    try:
        service.subscribe(**about, callback_url=callback_url)
    except ParcelRefused:
        log.warning("parcel_not_subscribed", shipment=shipment_id, carrier=about["carrier"])
    else:
        Tracking.objects.filter(pk=shipment_id).update(subscribed_at=at)


def _correct_carrier(shipment_ids, way):
    """The parcels go with the carrier that the service found, where the shop knows it."""
    right = Carrier.objects.filter(code=way.carrier).first()
    if right is None:
        log.warning("parcel_carrier_not_known", carrier=way.carrier, shipments=shipment_ids)
        return
    if Shipment.objects.filter(pk__in=shipment_ids, carrier__code=way.mistaken).update(carrier=right):
        log.info("parcel_carrier_corrected", carrier=way.carrier, mistaken=way.mistaken, shipments=shipment_ids)


def _claim(parcel, at):
    """Whether the look is ours; the next one is set with it. A parcel that is too old is not asked about any more."""
    due = parcel.tracking.next_look_at
    if due is None or due > at:
        return False
    is_old = at - parcel.shipped_at > FOLLOWED
    claimed = Tracking.objects.filter(pk=parcel.pk, next_look_at=due).update(
        next_look_at=None if is_old else at + wait(parcel.tracking.quiet_looks, service_pushes(parcel)),
        quiet_looks=min(parcel.tracking.quiet_looks + 1, 100),
        looked_at=at,
    )
    if is_old:
        _tell_not_followed(parcel.pk)
    return bool(claimed) and not is_old


def _tell_not_followed(shipment_id):
    """Of a parcel of which there was no word, and will be none."""
    Tracking.objects.filter(pk=shipment_id, state=ParcelState.UNKNOWN).update(state=ParcelState.NOT_FOLLOWED)


def service_pushes(parcel):
    """Whether changes of this parcel come by themselves."""
    return parcel.tracking.subscribed_at is not None


def wait(quiet_looks, pushed=False):
    """How long the next look waits after so many without news."""
    return PUSHED_WAIT if pushed else min(WAIT * 2 ** min(quiet_looks, 10), LONGEST_WAIT)


def _keep(shipment_id, way, *, at):
    """Write down what is new, and tell the member. True when something was."""
    with locking_transaction():
        kept = Tracking.objects.select_for_update(of=("self",)).get(pk=shipment_id)
        is_new = _keep_steps(shipment_id, way.steps)
        if _is_later(kept, way):
            kept.state = way.state
            if way.state == ParcelState.DELIVERED:
                kept.delivered_at = way.steps[-1].at if way.steps else at
            if way.state in TOLD:
                notices.of_parcel(
                    Shipment.objects.select_related("order", "carrier").get(pk=shipment_id), TOLD[way.state], at=at
                )
            is_new = True
        if is_new:
            kept.quiet_looks = 0
        if way.is_given_up:
            log.info("parcel_given_up_by_service", shipment=shipment_id)
            kept.subscribed_at = None  # the next look asks, and subscribes again
            if kept.state == ParcelState.UNKNOWN:
                kept.state = ParcelState.NOT_FOLLOWED
        if kept.state in ENDS:
            kept.next_look_at = None
        elif is_new and kept.next_look_at is not None:
            kept.next_look_at = at + wait(0, kept.subscribed_at is not None)
        kept.save(update_fields=["state", "delivered_at", "quiet_looks", "next_look_at", "subscribed_at"])
    return is_new


def _is_later(kept, way):
    """Whether the state changes: a delivered parcel stays delivered, whatever a late push says."""
    return way.state not in (ParcelState.UNKNOWN, kept.state) and kept.state != ParcelState.DELIVERED


def _keep_steps(shipment_id, steps):
    """Add the steps that are not there yet. An answer that is shorter than what we know takes nothing away."""
    known = set(TrackingEvent.objects.filter(shipment_id=shipment_id).values_list("at", "text"))
    new = [step for step in dict.fromkeys(steps) if (step.at, step.text) not in known]
    TrackingEvent.objects.bulk_create(
        [TrackingEvent(shipment_id=shipment_id, at=step.at, text=step.text, place=step.place) for step in new],
        ignore_conflicts=True,
    )
    return bool(new)
