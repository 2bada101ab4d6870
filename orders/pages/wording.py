"""What the page of an order says: where it stands as a sentence, its steps, what it earned (F3, F8, F9).

Texts that depend on the clock take ``at``.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.formats import shop_day
from orders.lifecycle.states import payable
from orders.models import CancelReason, OrderState, ParcelState, PaymentState
from orders.pages.queries.standing import Standing
from orders.parameters import AUTO_RECEIPT_DAYS
from points.earning import wording as earning_wording
from points.purchases import wording as purchases_wording

NOTHING_BESIDE = Standing()
STEP_OF = {OrderState.PENDING_PAYMENT: 1, OrderState.TO_SHIP: 2, OrderState.SHIPPED: 3, OrderState.COMPLETED: 4}
REASONS = {CancelReason.MEMBER: gettext_lazy("Cancelled by you")}


@dataclass(frozen=True)
class Step:
    """One of the four steps: ``state`` is "done", "now" or "later"."""

    label: str
    icon: str
    state: str


def headline(order, *, at, parcels=(), standing=NOTHING_BESIDE):
    """``(title, detail)``: where the order stands, in plain words, and what happens next. ``parcels`` are its
    ``Shipment``s where their whereabouts shall be told."""
    if standing.settled:
        return _("Everything of this order is settled"), _("What came back stands with your after-sale requests.")
    match order.state:
        case OrderState.PENDING_PAYMENT if standing.disputed:
            return _("We are looking into your payment"), _(
                "Another amount than asked for has arrived. Please do not pay again; the order waits meanwhile."
            )
        case OrderState.PENDING_PAYMENT:
            return _unpaid(order, at)
        case OrderState.TO_SHIP:
            back = _("You can still cancel; your points would come back.")
            if order.cash_fen:
                back = _("You can still cancel; what you paid would come back.")
            return _("We are packing your parcel"), back
        case OrderState.PARTLY_SHIPPED:
            return _("The first part is on its way"), _("The rest follows in a parcel of its own.")
        case OrderState.SHIPPED:
            return _whereabouts(parcels), _("Receipt confirms itself on %(day)s.") % {
                "day": shop_day(receipt_due(order))
            }
        case OrderState.COMPLETED:
            return _("Completed"), _("Received on %(day)s.") % {"day": shop_day(order.received_at)}
        case _:
            return _cancelled(order)


def payment_notice(order, *, at, standing):
    """``(title, detail)`` on the last payment where the headline has not said it, or None."""
    if standing.disputed and order.state != OrderState.PENDING_PAYMENT:
        title = _("A payment of this order has arrived in another amount")
        return title, _("We are looking into it. What is not for this order goes back to you.")
    failed = standing.payment is not None and standing.payment.state == PaymentState.FAILED
    if not failed or not payable(order, at=at, disputed=standing.disputed):
        return None
    detail = _("No money was taken. You can try again.")
    if standing.payment.next_ask_at:
        detail = _("You can try again. Money that was taken all the same counts for this order or goes back by itself.")
    return _("The last payment did not go through"), detail


def _unpaid(order, at):
    left = order.pay_before - at
    if left <= timedelta():
        over = _("The order closes by itself, and your points come back in full.") if order.points else ""
        return _("The time to pay is over"), over or _("The order closes by itself.")
    minutes = max(1, -(-int(left.total_seconds()) // 60))
    title = ngettext("To pay, %(minutes)s minute left", "To pay, %(minutes)s minutes left", minutes)
    if order.points:
        detail = _("Pay before %(time)s. Your points are frozen until then and come back if you do not pay.")
    else:
        detail = _("Pay before %(time)s. If you do not, the order closes by itself.")
    return title % {"minutes": minutes}, detail % {"time": f"{timezone.localtime(order.pay_before):%H:%M}"}


def _whereabouts(parcels):
    states = {parcel.tracking.state for parcel in parcels if hasattr(parcel, "tracking")}
    if ParcelState.OUT_FOR_DELIVERY in states:
        return _("Your parcel comes today")
    if states == {ParcelState.DELIVERED}:
        return _("Your parcel has been delivered")
    if states & {ParcelState.PROBLEM, ParcelState.RETURNED}:
        return _("Your parcel is held up on its way")
    if states == {ParcelState.NOT_FOLLOWED}:
        return _("Your parcel is with the carrier")
    return _("Your parcel is on its way")


def _cancelled(order):
    points = order.returned.get("points", 0)
    title = (
        ngettext("Cancelled, %(points)s point came back", "Cancelled, %(points)s points came back", points)
        % {"points": f"{points:,}"}
        if points
        else _("Cancelled")
    )
    return title, order.cancel_note or REASONS.get(order.cancel_reason, order.get_cancel_reason_display())


def earned(purchase, cases, *, at):
    """What the cash of an order earned, and from when that can be used; nothing while it is not booked. ``purchase`` is
    a ``points.models.Purchase`` or None."""
    if purchase is None:
        return ""
    points = purchase.points - purchase.points_back
    if not purchase.points and purchase.steps:
        why, _result = earning_wording.step(*purchase.steps[-1])
        return _("0, %(why)s") % {"why": why}
    text = ngettext("%(points)s point", "%(points)s points", points) % {"points": f"{points:,}"}
    if not points or (purchase.active_from and purchase.active_from <= at):
        return text
    when = purchases_wording.usable(purchase.active_from)
    if purchase.active_from is None and any(case.is_open for case in cases):
        when = _("pending until your request has ended")
    return _("%(points)s, %(when)s") % {"points": text, "when": when}


def receipt_due(order):
    """When receipt confirms itself (F9)."""
    return order.shipped_at + timedelta(days=AUTO_RECEIPT_DAYS.value)


def steps(order):
    """The four steps of an order that was not cancelled; none of a cancelled one."""
    if order.state == OrderState.CANCELLED:
        return []
    partly = order.state == OrderState.PARTLY_SHIPPED
    reached = 3 if partly else STEP_OF[order.state]
    labels = [
        (_("Placed"), _("Placed"), "check"),
        (_("Payment made") if order.cash_fen else _("Points used"), _("To pay"), "wallet"),
        (_("Partly shipped") if partly else _("Shipped"), _("To ship"), "truck"),
        (_("Received"), _("To receive"), "package-check"),
    ]
    return [
        Step(
            label=done if number <= reached else later,
            icon="check" if number < reached or reached == len(labels) else icon,
            state="done" if number < reached or reached == len(labels) else "now" if number == reached else "later",
        )
        for number, (done, later, icon) in enumerate(labels, start=1)
    ]
