"""Journeys of orders, and what a member or staff does at each step of one.

A journey ``n`` is the way of one order. Its steps find the order by the form's key, so that whoever was killed may do
the step again.
"""

import random
import time
import uuid
from urllib.parse import urljoin

import httpx

PROVIDER = "alipay"
MEMBERS = 12
PATIENCE_S = 4
JOURNEYS = {
    "points": ["place"],
    "points_cancelled": ["place", "cancel"],
    "abandoned": ["place"],
    "unpaid_cancelled": ["place", "cancel"],
    "declined": ["place", "decline"],
    "paid": ["place", "pay", "work"],
    "paid_cancelled": ["place", "pay", "work", "cancel", "work"],
    "paid_late": ["place", "open", "cancel", "pay", "work"],
    "returned": ["place", "pay", "work", "ship", "ask", "settle", "work", "confirm"],
    "returned_whole": ["place", "pay", "work", "ship", "confirm", "ask", "settle", "work"],
}


def step(name, kind, number):
    """One step of a journey of that kind, by its name in ``JOURNEYS``."""
    globals()[f"_{name}"](kind, number)


def form_key(number):
    return uuid.uuid5(uuid.NAMESPACE_OID, f"journey {number}")


def _order(number):
    from orders.models import Order

    return Order.objects.get(form_key=form_key(number))


def _actor(order):
    from core import actors

    return actors.member(order.member_id)


def _place(kind, number):
    from accounts.models import User
    from catalog.models import SKU
    from core import actors, clock
    from orders.placing.rules.pricing import Choice
    from orders.placing.services import placing

    member = User.objects.order_by("pk")[number % MEMBERS]
    dice = random.Random(number)
    way = "points" if kind.startswith("points") else "mixed"
    codes = dice.sample(["CUP", "LAMP", "VASE"], dice.choice([1, 2]))
    choices = tuple(Choice(SKU.objects.get(code=code).pk, way, dice.randint(2, 3)) for code in codes)
    new = placing.NewOrder(
        member=member,
        choices=choices,
        address=member.addresses.get(),
        form_key=form_key(number),
        provider=PROVIDER,
    )
    placing.place_order(new=new, by=actors.member(member.pk), at=clock.now())


def _cashier(number):
    """The page of the provider where the member pays; a second visit is to the same payment."""
    from orders.payments.base import Visit
    from orders.payments.devices import Device
    from orders.payments.services import paying

    payment = _order(number).payments.select_related("order").last()
    visit = Visit(Device.DESKTOP, "http://127.0.0.1/", paying.notify_url(PROVIDER))
    url = paying.go_to_pay(payment=payment, title="订单", visit=visit).url
    httpx.get(url, timeout=20).raise_for_status()
    return urljoin(url, f"/cashier/{payment.reference}")


def _open(kind, number):
    _cashier(number)


def _pay(kind, number):
    httpx.post(_cashier(number), data={"act": "pay"}, timeout=20)


def _decline(kind, number):
    httpx.post(_cashier(number), data={"act": "fail"}, timeout=20)


def _cancel(kind, number):
    from core import clock
    from orders.placing.services import cancelling

    order = _order(number)
    cancelling.cancel_order(order=order, by=_actor(order), at=clock.now())


def _ship(kind, number):
    from core import actors, clock
    from orders.models import Carrier, OrderState
    from orders.shipping.services import shipping

    order = _order(number)
    if order.state == OrderState.TO_SHIP:
        carrier = Carrier.objects.get(code="shunfeng")
        shipping.ship_order(
            order=order, carrier=carrier, tracking_number=f"SF{number:08d}", by=actors.staff(9001), at=clock.now()
        )


def _ask(kind, number):
    from core import clock
    from orders.after_sale import services as after_sale

    order = _order(number)
    items = list(order.items.all())
    whole = kind == "returned_whole"
    after_sale.ask(
        order=order,
        kind="return" if whole else "refund",
        pieces={item.pk: item.quantity for item in items} if whole else {items[0].pk: 1},
        reason="damaged",
        form_key=form_key(number),
        by=_actor(order),
        at=clock.now(),
    )


def _settle(kind, number):
    from core import actors, clock
    from orders.after_sale import queries
    from orders.after_sale import services as after_sale

    by, at = actors.staff(9001), clock.now()
    request = _order(number).after_sales.get()
    if request.state == "settled":
        return
    if request.kind == "return" and request.state == "requested":
        after_sale.approve(case=request, by=by, at=at)
        request.refresh_from_db()
    if request.kind == "return" and request.state == "approved":
        after_sale.receive(case=request, by=by, at=at)
        request.refresh_from_db()
    offer = queries.offer(request)
    after_sale.settle(
        case=request,
        amounts={line.item.pk: (line.points, line.fen) for line in offer.lines},
        shipping_fen=offer.shipping_fen,
        stock_back="sellable" if request.kind == "return" else "",
        by=by,
        at=at,
    )


def _confirm(kind, number):
    from core import clock
    from orders.after_sale.services import receiving

    order = _order(number)
    receiving.confirm_receipt(order=order, by=_actor(order), at=clock.now())


def wait(number):
    """Until the order's payment is where it is going, or the member's patience is over."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        order = _order(number)
        refunds = [refund.state for payment in order.payments.all() for refund in payment.refunds.all()]
        if order.state != "pending_payment" and "underway" not in refunds:
            return
        time.sleep(0.05)
