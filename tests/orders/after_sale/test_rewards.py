"""The cash of an order earns, and goes again with the cash (C1, B5, B8)."""

import pytest

from catalog.models import SKU, Category, Product
from core import outbox
from core.models import OutboxMessage
from orders import receivers
from orders.models import Order
from orders.payments.services import paying
from orders.placing.services import cancelling
from points.ledger import audit, queries
from points.ledger.models import UNDATED, PointsEntry
from points.purchases.models import Purchase
from tests.orders.conftest import STAFF

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(place, at):
    """``paid((cup, "mixed", 2))`` -> an order whose cash has come; what follows is still in the outbox."""

    def do(*lines):
        order = place(*lines)
        paying.settle(payment_id=order.payments.get().pk, outcome="paid", provider_id="P1", by=STAFF, at=at)
        return Order.objects.get(pk=order.pk)

    return do


def messages(topic):
    return OutboxMessage.objects.filter(topic=topic)


def test_the_cash_of_a_paid_order_earns(paid, cup, candle, member, at):
    order = paid((cup, "mixed", 2), (candle, "points", 1))
    outbox.drain(at=at)
    assert not messages("order.paid").filter(handled_at=None).exists()
    purchase = Purchase.objects.get(source="mall", number=order.number)
    assert (purchase.member, purchase.amount_fen, purchase.points) == (member, 6400, 64)
    assert [(line.category, line.amount_fen) for line in purchase.lines.all()] == [("home", 6400)]
    entry = PointsEntry.objects.get(account_id=member.pk, kind="purchase")
    assert entry.source == order.subject
    assert (entry.active_from, purchase.active_from) == (UNDATED, None)
    assert queries.balance(member.pk, at=at).pending == 64


def test_told_twice_it_earns_once(paid, cup, member, at):
    order = paid((cup, "mixed", 1))
    for _ in range(2):
        receivers.reward(order_id=order.pk)
    assert PointsEntry.objects.filter(account_id=member.pk, kind="purchase").count() == 1


def test_an_order_paid_with_points_alone_earns_nothing(place, cup, member, at):
    order = place((cup, "points", 1))
    receivers.reward(order_id=order.pk)
    assert not Purchase.objects.exists()
    receivers.take_back(order_id=order.pk, refund_key="R", fen=0, lines=[])


@pytest.mark.parametrize("refund_first", [False, True])
def test_a_cancelled_paid_order_gives_its_points_back(paid, cup, member, at, wire, refund_first):
    """Whichever of its two messages is handled first."""
    order = paid((cup, "mixed", 2))
    cancelling.cancel_order(order=order, by=STAFF, at=at)
    paid_message, refund_message = messages("order.paid").get(), messages("order.refunded").get()
    steps = [lambda: receivers.reward(**paid_message.payload), lambda: receivers.take_back(**refund_message.payload)]
    for step in steps[::-1] if refund_first else steps:
        step()
        step()
    points = PointsEntry.objects.filter(account_id=member.pk, kind__in=["purchase", "clawback"]).order_by("seq")
    assert [entry.points for entry in points] == [64, -64]
    assert queries.balance(member.pk, at=at).pending == 0
    assert audit.run().breaks == []


def test_goods_that_moved_to_another_category_give_back_all_the_same(paid, cup, member, at):
    order = paid((cup, "mixed", 2))
    receivers.reward(order_id=order.pk)
    receivers.take_back(order_id=order.pk, refund_key="R", fen=3200, lines=[["garden", 1200], ["elsewhere", 2000]])
    assert Purchase.objects.get().refunded_fen == 3200
    assert Purchase.objects.get().points_back == 32


def test_goods_that_really_moved_between_payment_and_refund(paid, cup, member, at):
    order = paid((cup, "mixed", 2))
    receivers.reward(order_id=order.pk)
    Product.objects.filter(skus=cup).update(category=Category.objects.create(code="garden", name="园艺"))
    receivers.reward(order_id=order.pk)
    receivers.take_back(order_id=order.pk, refund_key="R", fen=6400, lines=[["garden", 6400]])
    assert Purchase.objects.get().points_back == 64


def test_goods_that_moved_to_a_category_of_the_same_order(paid, cup, candle, member, at):
    garden = Category.objects.create(code="garden", name="园艺")
    SKU.objects.filter(pk=candle.pk).update(mixed_points=10, mixed_fen=1000)
    Product.objects.filter(skus=candle).update(category=garden)
    order = paid((cup, "mixed", 1), (candle, "mixed", 1))
    receivers.reward(order_id=order.pk)
    Product.objects.filter(skus=cup).update(category=garden)
    for _ in range(2):
        receivers.take_back(order_id=order.pk, refund_key="R", fen=4200, lines=[["garden", 4200]])
    purchase = Purchase.objects.get()
    assert (purchase.refunded_fen, purchase.points_back) == (4200, purchase.points)
    assert PointsEntry.objects.filter(account_id=member.pk, kind="clawback").count() == 1


def test_parts_come_back_one_after_the_other(paid, cup, member):
    order = paid((cup, "mixed", 3))
    for n in range(3):
        receivers.take_back(order_id=order.pk, refund_key=f"R{n}", fen=3200, lines=[["home", 3200]])
    assert Purchase.objects.get().points_back == Purchase.objects.get().points == 96


def test_cash_by_hand_and_the_goods_themselves_take_back_no_more_than_was_earned(paid, cup, candle, member, at):
    """By hand nobody says for which goods; shipping may be in it. All together it is what the order earned."""
    order = paid((cup, "mixed", 2))
    receivers.reward(order_id=order.pk)
    receivers.take_back(order_id=order.pk, refund_key="hand:1", fen=1600, lines=[["", 1600]])
    assert queries.balance(member.pk, at=at).pending == 48
    receivers.take_back(order_id=order.pk, refund_key="aftersale:1", fen=6400, lines=[["home", 6400]])
    assert queries.balance(member.pk, at=at).pending == 0
    receivers.take_back(order_id=order.pk, refund_key="hand:2", fen=100, lines=[["", 100]])
    assert [entry.points for entry in PointsEntry.objects.filter(kind="clawback").order_by("seq")] == [-16, -48]
    assert audit.run().breaks == []
