"""An order's moves against each other on real connections: one of them wins, and everything adds up (F3, F6, F7, F10).

Each race is run in a few rounds here, and in 1,000 by ``make test-slow``. Members and goods are made once; what is
right after each round is counted, not sampled.
"""

import uuid
from datetime import timedelta

import pytest

from catalog.models import SKU
from catalog.services import stock
from core import approvals, clock
from core.errors import DomainError
from core.models import Approval, OutboxMessage
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.after_sale.services.by_hand import pay_back
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.models import (
    AfterSale,
    Carrier,
    NotificationState,
    OrderMove,
    OrderState,
    PaymentNotification,
    PaymentRefund,
    PaymentState,
    Shipment,
)
from orders.payments.base import PAID
from orders.payments.services import notifications, paying
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from points.ledger.queries import balance
from tests.races.test_orders import (
    BY,
    STAFF,
    all_adds_up,
    at_once,
    make_member,
    no_member_day,  # noqa: F401 - a fixture
    no_provider,  # noqa: F401 - a fixture
    patient,  # noqa: F401 - a fixture
    place,
    sku,  # noqa: F401 - a fixture
)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROUNDS = [pytest.param(10, id="10"), pytest.param(1000, id="1000", marks=pytest.mark.slow)]
POINTS = 1_000_000


@pytest.fixture
def carrier():
    shipping.ensure_carriers()
    return Carrier.objects.first()


@pytest.fixture
def crowd(sku):  # noqa: F811
    """A member with many points, and the stock of a thousand rounds."""
    stock.restock(sku=sku, delta=5000, reason="delivery", key="rounds", by=STAFF, at=clock.now())
    return make_member(1, POINTS)


def pay(order, payment):
    return lambda: paying.settle(payment_id=payment.pk, outcome=PAID, provider_id="P", by=BY, at=clock.now())


def paid(member, address, sku, way="mixed", quantity=1):  # noqa: F811
    order = place(member, address, sku, way, quantity)
    if order.state == OrderState.PENDING_PAYMENT:
        pay(order, order.payments.get())()
    order.refresh_from_db()
    return order


def back(member, address, sku, carrier, way="mixed", quantity=1):  # noqa: F811
    """A request whose goods are here again."""
    order, at = paid(member, address, sku, way, quantity), clock.now()
    shipping.ship_order(order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=at)
    order.refresh_from_db()
    pieces = {item.pk: item.quantity for item in order.items.all()}
    request = after_sale.ask(
        order=order, kind="exchange", pieces=pieces, reason="damaged", form_key=uuid.uuid4(), by=BY, at=at
    )
    after_sale.approve(case=request, by=STAFF, at=at)
    return after_sale.receive(case=request, by=STAFF, at=at)


def settling(request, stock_back="sellable"):
    def work():
        amounts = {line.item.pk: (line.points, line.fen) for line in queries.offer(request).lines}
        return after_sale.settle(case=request, amounts=amounts, stock_back=stock_back, by=STAFF, at=clock.now())

    return work


def number():
    return f"SF{uuid.uuid4().int % 10**14:014d}"


def left(member):
    now = balance(member.pk, at=clock.now())
    return now.available, now.held


@pytest.mark.parametrize("rounds", ROUNDS)
def test_pay_against_timeout(sku, crowd, rounds):  # noqa: F811
    """Either paid and to ship, or closed and the money on its way back; never both, never neither."""
    member, address = crowd
    shelf, kept, spent, ends = SKU.objects.get(pk=sku.pk).stock, 0, 0, set()
    for _n in range(rounds):
        order = place(member, address, sku, "mixed")
        payment, late = order.payments.get(), order.pay_before + timedelta(seconds=1)
        at_once(
            pay(order, payment),
            lambda order=order, late=late: cancelling.close_unpaid(order_id=order.pk, at=late),
            pay(order, payment),
        )
        order.refresh_from_db()
        payment.refresh_from_db()
        ends.add(order.state)
        refunds = PaymentRefund.objects.filter(payment=payment)
        if order.state == OrderState.TO_SHIP:
            kept, spent = kept + 1, spent + order.points
            assert (payment.state, refunds.count()) == (PaymentState.PAID, 0)
        else:
            assert order.state == OrderState.CANCELLED
            assert payment.state in (PaymentState.REFUNDING, PaymentState.REFUNDED)
            assert sum(refunds.values_list("amount_fen", flat=True)) == payment.amount_fen
        assert order.moves.count() == 2
        assert left(member) == (POINTS - spent, 0)
        assert SKU.objects.get(pk=sku.pk).stock == shelf - kept
    assert ends
    all_adds_up()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_ship_against_cancel(sku, crowd, carrier, rounds):  # noqa: F811
    """A parcel or everything back, each with the other side told so."""
    member, address = crowd
    shelf, shipped, spent = SKU.objects.get(pk=sku.pk).stock, 0, 0
    for _n in range(rounds):
        order = paid(member, address, sku, "points", 2)
        (item,) = order.items.all()
        outcomes = at_once(
            lambda order=order: cancelling.cancel_order(order=order, by=BY, at=clock.now()),
            lambda order=order, item=item: shipping.ship_order(
                order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=clock.now(), pieces={item.pk: 1}
            ),
            lambda order=order: shipping.ship_order(
                order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=clock.now()
            ),
        )
        order.refresh_from_db()
        parcels = Shipment.objects.filter(order=order)
        pieces = sum(parcels.values_list("parts__quantity", flat=True)) if parcels else 0
        assert (order.state, pieces) in {(OrderState.SHIPPED, 2), (OrderState.CANCELLED, 0)}
        assert any(isinstance(outcome, MoveNotAllowed) for outcome in outcomes)
        shipped += order.state == OrderState.SHIPPED
        spent += order.points * (order.state == OrderState.SHIPPED)
        assert left(member) == (POINTS - spent, 0)
        assert SKU.objects.get(pk=sku.pk).stock == shelf - 2 * shipped
    all_adds_up()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_two_refunds(sku, crowd, carrier, rounds):  # noqa: F811
    """Two people settle the same request, a third sends the replacement: one of these happens, once."""
    member, address = crowd
    shelf, replaced, spent, refunded_fen = SKU.objects.get(pk=sku.pk).stock, 0, 0, 0
    for _n in range(rounds):
        request = back(member, address, sku, carrier)
        at_once(
            settling(request),
            lambda request=request: after_sale.exchange(
                case=request, carrier=carrier, tracking_number=number(), stock_back="sellable", by=STAFF,
                at=clock.now(),
            ),
            settling(request),
        )  # fmt: skip
        request.refresh_from_db()
        assert request.state in ("settled", "exchanged")
        replaced += request.state == "exchanged"
        spent += request.order.points * (request.state == "exchanged")
        refunded_fen += request.order.cash_fen * (request.state == "settled")
        assert left(member) == (POINTS - spent, 0)
        assert SKU.objects.get(pk=sku.pk).stock == shelf - replaced
        assert sum(PaymentRefund.objects.values_list("amount_fen", flat=True)) == refunded_fen
        assert request.moves.count() == 4
    told = OutboxMessage.objects.filter(topic="order.refunded")
    assert sum(message.payload["fen"] for message in told) == refunded_fen
    all_adds_up()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_two_requests(sku, crowd, carrier, rounds):  # noqa: F811
    """Two browsers ask about the same pieces: one request, and never more back than was paid."""
    member, address = crowd
    for _n in range(rounds):
        order = paid(member, address, sku, "points")
        shipping.ship_order(order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=clock.now())
        (item,) = order.items.all()
        outcomes = at_once(
            *(
                lambda order=order, item=item: after_sale.ask(
                    order=order, kind="refund", pieces={item.pk: 1}, reason="damaged", form_key=uuid.uuid4(), by=BY,
                    at=clock.now(),
                )
                for _m in range(3)
            )
        )  # fmt: skip
        requests = [outcome for outcome in outcomes if isinstance(outcome, AfterSale)]
        assert len(requests) == 1
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 2
        at_once(settling(requests[0], stock_back=""), settling(requests[0], stock_back=""))
        assert left(member) == (POINTS, 0)
    assert AfterSale.objects.filter(state="settled").count() == rounds
    all_adds_up()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_two_callbacks(sku, crowd, rounds):  # noqa: F811
    """The same notification from two connections, and an answer to a question meanwhile: paid once."""
    member, address = crowd
    spent = 0
    for _n in range(rounds):
        order = place(member, address, sku, "mixed")
        payment, at = order.payments.get(), clock.now()
        stored = PaymentNotification.objects.create(
            provider="sandbox", event_id=uuid.uuid4().hex, payment=payment, outcome=PAID, provider_id="P", body="{}",
            received_at=at,
        )  # fmt: skip
        at_once(
            lambda stored=stored: notifications.work_off(notification_id=stored.pk, by=BY, at=clock.now()),
            lambda stored=stored: notifications.work_off(notification_id=stored.pk, by=BY, at=clock.now()),
            pay(order, payment),
        )
        order.refresh_from_db()
        stored.refresh_from_db()
        assert (order.state, stored.state) == (OrderState.TO_SHIP, NotificationState.WORKED)
        assert OrderMove.objects.filter(order=order, to_state=OrderState.TO_SHIP).count() == 1
        spent += order.points
        assert left(member) == (POINTS - spent, 0)
    assert not PaymentRefund.objects.exists()
    assert OutboxMessage.objects.filter(topic="order.paid").count() == rounds
    all_adds_up()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_two_parcels_of_the_last_pieces(sku, crowd, carrier, rounds):  # noqa: F811
    """Two people pack the same order: no piece is in two parcels, and it is shipped once."""
    member, address = crowd
    for _n in range(rounds):
        order = paid(member, address, sku, "points", 3)
        (item,) = order.items.all()
        at_once(
            *(
                lambda order=order, item=item: shipping.ship_order(
                    order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=clock.now(),
                    pieces={item.pk: 2},
                )
                for _m in range(2)
            ),
            lambda order=order: shipping.ship_order(
                order=order, carrier=carrier, tracking_number=number(), by=STAFF, at=clock.now()
            ),
        )  # fmt: skip
        order.refresh_from_db()
        pieces = sum(order.shipments.values_list("parts__quantity", flat=True))
        assert (order.state, pieces) in {(OrderState.SHIPPED, 3), (OrderState.PARTLY_SHIPPED, 2)}
        assert order.moves.filter(to_state=OrderState.SHIPPED).count() == (order.state == OrderState.SHIPPED)
    all_adds_up()


def test_money_by_hand_at_once_is_no_way_around(sku, crowd, carrier, parameters):  # noqa: F811
    """Each below the sum of a day, and all of them above it: only so many pass without a second person."""
    member, address = crowd
    parameters["orders.by_hand_approval_above"], parameters["points.per_yuan"] = 12, 100
    requests = [back(member, address, sku, carrier) for _n in range(4)]

    def paying_back(request):
        amounts = {line.item.pk: (line.points, line.fen) for line in queries.offer(request).lines}
        terms = {"amounts": amounts, "stock_back": "sellable", "by": STAFF, "at": clock.now()}
        return lambda: pay_back(case=request, **terms)

    outcomes = at_once(*map(paying_back, requests))
    passes = outcomes.count(None)
    assert 0 < passes < 4
    assert sum(isinstance(outcome, Approval) for outcome in outcomes) == 4 - passes
    done = sum(Approval.objects.filter(state="done").values_list("amount", flat=True))
    assert done <= 1200 < done + min(Approval.objects.filter(state="pending").values_list("amount", flat=True))
    assert AfterSale.objects.filter(state="settled").count() == passes
    waiting = Approval.objects.filter(state="pending").first()

    def decide(service, n):
        return lambda: service(approval=waiting, by=f"staff:{9100 + n}", at=clock.now(), answer="so be it")

    decided = at_once(*(decide([approvals.approve, approvals.refuse][n % 2], n) for n in range(4)))
    assert sum(isinstance(outcome, Approval) for outcome in decided) == 1
    approved = Approval.objects.get(pk=waiting.pk).state == "approved"
    assert AfterSale.objects.filter(state="settled").count() == passes + approved
    all_adds_up()
