"""Orders under real connections at once: exactly what exists is given, each order ends one way (F3, F6)."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from accounts.services import create_member, save_address
from catalog.models import SKU
from catalog.queries import stock_breaks
from catalog.services import products, stock
from catalog.services.stock import SoldOut
from core import actors, clock
from core.db import locking_transaction
from core.errors import Busy, DomainError
from core.models import OutboxMessage
from orders import payments
from orders.lifecycle.services import moves
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.models import Carrier, Order, OrderMove, OrderState, PaymentState, Shipment
from orders.payments.base import PAID, Status
from orders.payments.services import paying
from orders.placing.queries.basket import basket_of_cart
from orders.placing.rules.pricing import Choice
from orders.placing.services import cancelling, cart, placing
from orders.shipping.services import shipping
from points import ledger
from points.ledger import audit
from points.ledger.queries import balance

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CROWD = 64
ROUNDS = 12
BY = actors.system("race")
STAFF = actors.staff(9001)


def at_once(*works):
    """Run the callables on a connection each, started together; their results, or the ``DomainError`` raised."""
    start = threading.Barrier(len(works))

    def run(work):
        try:
            with connection.cursor() as cursor:  # connected before the start
                cursor.execute("SELECT 1")
            start.wait(timeout=60)
            return work()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture(autouse=True)
def patient(lock_timeout):
    """Nobody gives up here: 64 connections on two cores queue for one row longer than a person would wait."""
    lock_timeout(60_000)


@pytest.fixture(autouse=True)
def no_member_day(parameters):
    """Prices do not depend on the day of the run."""
    parameters["points.member_day"] = "none"


@pytest.fixture(autouse=True)
def no_provider(monkeypatch):
    """Providers say that nothing was paid, without a network."""
    monkeypatch.setattr(payments.SandboxProvider, "query", lambda self, *, charge, at: Status("waiting"))
    monkeypatch.setattr(payments.SandboxProvider, "refund", lambda self, *, refund: Status("done"))


@pytest.fixture
def sku():
    at = clock.now()
    category = products.create_category(code="race", name="抢兑", by=STAFF, at=at)
    skus = [{"code": "HOT", "points_price": 100, "mixed_points": 40, "mixed_fen": 500, "stock": 10}]
    return products.create_product(category=category, name="抢手货", listed=True, skus=skus, by=STAFF, at=at).skus.get()


def make_member(number, points):
    at = clock.now()
    member = create_member(phone=f"+861390000{number:04d}", by=BY, at=at)
    address = save_address(
        member=member, by=BY, at=at, name="林", phone="+8613800000001", region_code="110105", detail="8号楼"
    )
    welcome = balance(member.pk, at=clock.now()).available
    ledger.earn(account=member.pk, points=points - welcome, kind="campaign", key=f"gift:{number}", by=BY, at=at)
    return member, address


def place(member, address, sku, way="points", quantity=1, form_key=None):
    new = placing.NewOrder(
        member=member,
        choices=(Choice(sku.pk, way, quantity),),
        address=address,
        form_key=form_key or uuid.uuid4(),
        provider="sandbox",
    )
    return placing.place_order(new=new, by=actors.member(member.pk), at=clock.now())


def all_adds_up():
    assert audit.run().breaks == []
    assert list(stock_breaks()) == []


def test_64_members_race_for_stock_10(sku):
    crowd = [make_member(number, 1000) for number in range(CROWD)]
    outcomes = at_once(*(lambda m=m, a=a: place(m, a, sku) for m, a in crowd))
    placed = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    assert len(placed) == 10
    assert {type(outcome) for outcome in outcomes if not isinstance(outcome, Order)} == {SoldOut}
    assert Order.objects.count() == 10
    assert SKU.objects.get(pk=sku.pk).stock == 0
    left = sum(balance(member.pk, at=clock.now()).available for member, _address in crowd)
    assert left == CROWD * 1000 - 10 * 100
    all_adds_up()


def test_64_orders_race_for_one_members_points(sku):
    SKU.objects.filter(pk=sku.pk).update(stock=10)
    member, address = make_member(1, 750)
    outcomes = at_once(*(lambda: place(member, address, sku) for _n in range(CROWD)))
    placed = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    assert len(placed) == 7
    refused = {type(outcome) for outcome in outcomes if not isinstance(outcome, Order)}
    assert refused == {ledger.NotEnoughPoints}
    now = balance(member.pk, at=clock.now())
    assert (now.available, now.held) == (50, 0)
    assert SKU.objects.get(pk=sku.pk).stock == 3
    all_adds_up()


@pytest.mark.parametrize("way", ["points", "mixed"])
def test_one_form_submitted_16_times_at_once(sku, way):
    member, address = make_member(1, 1000)
    key = uuid.uuid4()
    outcomes = at_once(*(lambda: place(member, address, sku, way, form_key=key) for _n in range(16)))
    assert len({outcome.pk for outcome in outcomes}) == 1
    order = Order.objects.get()
    assert order.payments.count() == (way == "mixed")
    now = balance(member.pk, at=clock.now())
    assert now.available == 1000 - order.points
    assert SKU.objects.get(pk=sku.pk).stock == 9
    all_adds_up()


def test_one_cart_two_tabs(sku):
    """Each tab shows a form of its own, so that their keys differ: the cart is ordered once all the same."""
    member, address = make_member(1, 10_000)
    stock.restock(sku=sku, delta=ROUNDS, reason="delivery", key="more", by=STAFF, at=clock.now())
    for number in range(1, ROUNDS + 1):
        cart.put(member=member, sku_id=sku.pk, way="points", quantity=1, at=clock.now())
        seen = basket_of_cart(member, at=clock.now()).priced.digest
        tabs = [
            placing.NewOrder(member=member, choices=None, address=address, form_key=uuid.uuid4(), expected=seen)
            for _n in range(2)
        ]
        outcomes = at_once(*(lambda new=new: placing.place_order(new=new, by=BY, at=clock.now()) for new in tabs))
        assert {type(outcome) for outcome in outcomes} == {Order, placing.PriceChanged}
        assert Order.objects.count() == number
    assert balance(member.pk, at=clock.now()).available == 10_000 - 100 * ROUNDS


def test_unpaid_orders_of_one_member_are_limited_at_once(sku, parameters):
    parameters["orders.max_unpaid"] = 3
    member, address = make_member(1, 10_000)
    outcomes = at_once(*(lambda: place(member, address, sku, "mixed") for _n in range(8)))
    assert sum(isinstance(outcome, Order) for outcome in outcomes) == 3
    assert {type(outcome) for outcome in outcomes} == {Order, placing.TooManyUnpaid}
    assert SKU.objects.get(pk=sku.pk).stock == 7
    all_adds_up()


def test_pay_against_timeout(sku):
    """Either paid and to ship, or closed and the money on its way back; never both, never neither."""
    member, address = make_member(1, 1000)
    seen = set()
    for _n in range(ROUNDS):
        order = place(member, address, sku, "mixed")
        payment = order.payments.get()
        late = order.pay_before + timedelta(seconds=1)
        at_once(
            lambda pk=payment.pk: paying.settle(payment_id=pk, outcome=PAID, provider_id="P", by=BY, at=clock.now()),
            lambda pk=order.pk, at=late: cancelling.close_unpaid(order_id=pk, at=at),
            lambda pk=payment.pk: paying.settle(payment_id=pk, outcome=PAID, provider_id="P", by=BY, at=clock.now()),
        )
        order.refresh_from_db()
        payment.refresh_from_db()
        seen.add(order.state)
        if order.state == OrderState.TO_SHIP:
            assert payment.state == PaymentState.PAID
            cancelling.cancel_order(order=order, by=BY, at=clock.now())
        else:
            assert order.state == OrderState.CANCELLED
            assert payment.state in (PaymentState.REFUNDING, PaymentState.REFUNDED)
        assert OutboxMessage.objects.filter(topic=paying.REFUND_TOPIC, payload__payment_id=payment.pk).count() == 1
        assert SKU.objects.get(pk=sku.pk).stock == 10
        now = balance(member.pk, at=clock.now())
        assert (now.available, now.held) == (1000, 0)
    assert seen
    all_adds_up()


def test_cancel_against_ship(sku):
    shipping.ensure_carriers()
    carrier = Carrier.objects.first()
    member, address = make_member(1, 10_000)
    SKU.objects.filter(pk=sku.pk).update(stock=10)
    shipped = 0
    for number in range(10):
        order = place(member, address, sku)
        outcomes = at_once(
            lambda order=order: cancelling.cancel_order(order=order, by=BY, at=clock.now()),
            lambda order=order, number=number: shipping.ship_order(
                order=order, carrier=carrier, tracking_number=f"SF{number:06d}", by=STAFF, at=clock.now()
            ),
            lambda order=order: cancelling.cancel_order(order=order, by=BY, at=clock.now()),
        )
        order.refresh_from_db()
        assert order.state in (OrderState.SHIPPED, OrderState.CANCELLED)
        assert Shipment.objects.filter(order=order).count() == (order.state == OrderState.SHIPPED)
        assert order.moves.count() == 2
        assert any(isinstance(outcome, MoveNotAllowed) for outcome in outcomes)
        shipped += order.state == OrderState.SHIPPED
        assert balance(member.pk, at=clock.now()).available == 10_000 - 100 * shipped
        assert SKU.objects.get(pk=sku.pk).stock == 10 - shipped
    all_adds_up()


def test_many_callbacks_of_one_payment(sku):
    member, address = make_member(1, 1000)
    order = place(member, address, sku, "mixed")
    payment = order.payments.get()
    at_once(
        *(
            lambda: paying.settle(payment_id=payment.pk, outcome=PAID, provider_id="P", by=BY, at=clock.now())
            for _n in range(16)
        )
    )
    order.refresh_from_db()
    assert order.state == OrderState.TO_SHIP
    assert OrderMove.objects.filter(order=order).count() == 2
    assert balance(member.pk, at=clock.now()).available == 960
    all_adds_up()


def test_who_waits_too_long_is_told(sku, lock_timeout):
    """The row is held by somebody else: a polite refusal instead of a page that hangs."""
    lock_timeout(200)
    member, address = make_member(1, 1000)
    order = place(member, address, sku)
    held, done = threading.Event(), threading.Event()

    def hold():
        try:
            with locking_transaction():
                moves.lock(order.pk)
                held.set()
                done.wait(timeout=30)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(timeout=30)
        with pytest.raises(Busy):
            cancelling.cancel_order(order=order, by=BY, at=clock.now())
    finally:
        done.set()
        holder.join()
    assert Order.objects.get().state == OrderState.TO_SHIP
