"""How much comes back: of a part, of the rest, of the shipping, and never more than was paid (F10)."""

from collections import Counter

import hypothesis
import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import strategies as st

from accounts.models import Notice
from catalog.models import SKU
from core import outbox
from core.errors import InvalidInput
from core.models import OutboxMessage
from orders.after_sale import queries
from orders.after_sale import services as after_sale
from orders.after_sale.services import moving, requesting, rewards, settling
from orders.models import AfterSaleItem, OrderItem, PaymentRefund
from orders.shipping.services import shipping
from points.purchases.models import Purchase
from tests.orders.after_sale.conftest import STAFF, all_adds_up, available, settle


def test_a_part_comes_back_and_later_the_rest(shipped, cup, member, returned, at):
    """Three pieces for 1,000 points each, made 2,999 by a discount: 999 + 1,000 + 1,000, never one too many."""
    order = shipped((cup, "points", 3))
    (item,) = order.items.all()
    OrderItem.objects.filter(pk=item.pk).update(paid_points=2999, paid_fen=0)
    back = []
    for _n in range(3):
        request = settle(returned(order, pieces={item.pk: 1}), at)
        back.append(request.points)
    assert back == [999, 1000, 1000]
    assert available(member, at) == 2000 + 2999
    assert queries.askable_pieces(order) == {}
    assert SKU.objects.get(pk=cup.pk).stock == 10
    all_adds_up()


def test_points_and_cash_of_a_part(shipped, cup, member, returned, at, wire):
    order = shipped((cup, "mixed", 2))
    (item,) = order.items.all()
    request = settle(returned(order, pieces={item.pk: 1}), at)
    assert (request.points, request.fen) == (400, 3200)
    refund = PaymentRefund.objects.get()
    assert (refund.amount_fen, refund.key) == (3200, f"aftersale:{order.number}-A1:cash")
    message = OutboxMessage.objects.get(topic="order.refunded")
    assert message.payload == {
        "order_id": order.pk,
        "refund_key": f"aftersale:{order.number}-A1:refunded",
        "fen": 3200,
        "lines": [["home", 3200]],
    }
    assert available(member, at) == 5000 - 800 + 400
    again = settle(request, at)
    assert again.moves.count() == 4
    assert PaymentRefund.objects.count() == OutboxMessage.objects.filter(topic="order.refunded").count() == 1
    assert available(member, at) == 5000 - 800 + 400
    all_adds_up()


def test_staff_may_give_less_or_all_that_is_left_and_no_more(shipped, cup, member, returned, at, wire):
    order = shipped((cup, "mixed", 2))
    (item,) = order.items.all()
    request = returned(order, pieces={item.pk: 1})
    for points, fen in [(801, 0), (0, 6401), (-1, 0), (0, -1)]:
        with pytest.raises(settling.MoreThanPaid):
            settle(request, at, {item.pk: (points, fen)})
    with pytest.raises(settling.NothingComesBack):
        settle(request, at, {item.pk: (0, 0)})
    with pytest.raises(InvalidInput):
        settle(request, at, {})
    with pytest.raises(InvalidInput):
        settle(request, at, stock_back="")
    assert settle(request, at, {item.pk: (0, 1000)}).returned == {"points": 0, "fen": 1000, "parts": []}
    rest = returned(order, pieces={item.pk: 1})
    (line,) = queries.offer(rest).lines
    assert (line.points, line.fen, line.most_points, line.most_fen) == (400, 3200, 800, 5400)
    settle(rest, at, {item.pk: (800, 5400)})
    assert available(member, at) == 5000
    assert sum(PaymentRefund.objects.values_list("amount_fen", flat=True)) == 6400
    all_adds_up()


def test_a_refund_without_goods(shipped, cup, member, ask, at):
    order = shipped((cup, "points", 1))
    request = ask(order, kind="refund", reason="damaged")
    with pytest.raises(moving.CaseMoveNotAllowed):
        after_sale.approve(case=request, by=STAFF, at=at)
    with pytest.raises(InvalidInput):  # no piece came back
        after_sale.settle(case=request, amounts={order.items.get().pk: (1, 0)}, stock_back="sellable", by=STAFF, at=at)
    settle(request, at, {order.items.get().pk: (300, 0)})
    assert available(member, at) == 4300
    assert SKU.objects.get(pk=cup.pk).stock == 9
    all_adds_up()


def test_a_piece_can_come_back_after_a_small_refund_for_it(shipped, make_sku, make_member, ask, returned, at):
    """100 of 5,980 for a scratch; then it breaks."""
    member = make_member(points=6000)
    order = shipped((make_sku("KETTLE", points_price=5980), "points", 1), member=member, address=member.addresses.get())
    (item,) = order.items.all()
    settle(ask(order, kind="refund"), at, {item.pk: (100, 0)})
    assert queries.askable_pieces(order) == {item: 1}
    request = returned(order)
    (line,) = queries.offer(request).lines
    assert (line.points, line.most_points) == (5880, 5880)
    with pytest.raises(settling.MoreThanPaid):
        settle(request, at, {item.pk: (5881, 0)})
    settle(request, at)
    assert available(member, at) == 6000
    assert queries.askable_pieces(order) == {}
    all_adds_up()


def test_a_piece_whose_whole_price_went_back_is_done_with(shipped, cup, ask, returned, at):
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    settle(ask(order, kind="refund", pieces={item.pk: 1}), at, {item.pk: (1000, 0)})
    assert queries.askable_pieces(order) == {item: 1}
    for half in (500, 500):
        settle(ask(order, kind="refund", pieces={item.pk: 1}), at, {item.pk: (half, 0)})
    assert queries.askable_pieces(order) == {}
    stranger = shipped((cup, "points", 1)).items.get()
    for asked, name in [(item, item.title), (stranger, "商品")]:
        with pytest.raises(requesting.TooManyPieces) as refused:
            ask(order, pieces={asked.pk: 1})
        assert refused.value.details == {"name": name, "left": 0}


def test_what_went_back_for_one_piece_counts_once(shipped, cup, ask, returned, at):
    order = shipped((cup, "points", 3))
    (item,) = order.items.all()
    settle(ask(order, kind="refund", pieces={item.pk: 1}), at, {item.pk: (100, 0)})
    back = [settle(returned(order, pieces={item.pk: 1}), at).points for _n in range(3)]
    assert back == [900, 1000, 1000]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["refund", "return", "exchange"]),
        st.integers(0, 1),  # which item
        st.integers(1, 3),  # pieces
        st.sampled_from([None, 0, 1, 33, 50, 100]),  # None: what is proposed, else percent of the most
    ),
    max_size=6,
)


@hypothesis.given(steps=STEPS)
@hypothesis.settings(
    max_examples=25, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_whatever_is_asked_and_settled_never_more_than_was_paid_comes_back(
    shipped, cup, candle, make_member, ask, returned, at, wire, steps
):
    """Refunds, returns and exchanges of some pieces in any order: points, cash, stock and what was earned."""
    with transaction.atomic():
        member = make_member(points=9000)
        order = shipped((cup, "mixed", 3), (candle, "points", 2), member=member, address=member.addresses.get())
        rewards.reward(order_id=order.pk, by=STAFF, at=at)
        items = list(order.items.all())
        sold = {item.pk: item.sku.stock for item in items}
        gone = Counter()
        for kind, n, quantity, percent in steps:
            item = items[n]
            if quantity > queries.askable_pieces(order).get(item, 0):
                with pytest.raises(requesting.TooManyPieces):
                    ask(order, kind=kind, pieces={item.pk: quantity})
                continue
            request = (ask if kind == "refund" else returned)(order, kind=kind, pieces={item.pk: quantity})
            (line,) = queries.offer(request).lines
            assert line.points <= line.most_points
            assert line.fen <= line.most_fen
            amount = (line.points, line.fen)
            if percent is not None:
                amount = (line.most_points * percent // 100, line.most_fen * percent // 100)
            try:
                settle(request, at, {item.pk: amount})
            except settling.NothingComesBack:
                after_sale.refuse(case=request, by=STAFF, at=at, answer="无可退")
                continue
            if kind != "refund":
                gone[item.pk] += quantity
        for item in items:
            back = AfterSaleItem.objects.filter(item=item).aggregate(points=Sum("points"), fen=Sum("fen"))
            assert (back["points"] or 0) <= item.paid.points
            assert (back["fen"] or 0) <= item.paid.fen
            assert gone[item.pk] <= item.quantity
            item.sku.refresh_from_db()
            assert item.sku.stock == sold[item.pk] + gone[item.pk]
        outbox.drain(at=at)
        cash_back = sum(PaymentRefund.objects.values_list("amount_fen", flat=True))
        purchase = Purchase.objects.get(number=order.number)
        assert purchase.refunded_fen == cash_back <= order.cash_fen
        all_adds_up()
        transaction.set_rollback(True)


def test_the_shipping_fee(shipped, cup, returned, at, wire):
    """It stays where the shop is not to blame, and comes back once at most where it is."""
    order = shipped((cup, "mixed", 2))
    type(order).objects.filter(pk=order.pk).update(shipping_fen=800, cash_fen=7200)
    order.payments.update(amount_fen=7200)
    order.refresh_from_db()
    (item,) = order.items.all()
    unwanted = returned(order, pieces={item.pk: 1}, reason="not_wanted")
    assert queries.offer(unwanted).most_shipping_fen == 0
    with pytest.raises(settling.MoreThanPaid):
        settle(unwanted, at, shipping_fen=1)
    settle(unwanted, at)
    damaged = returned(order, pieces={item.pk: 1}, reason="damaged")
    offer = queries.offer(damaged)
    assert (offer.shipping_fen, offer.most_shipping_fen, offer.fen) == (800, 800, 4000)
    request = settle(damaged, at, shipping_fen=800)
    assert (request.fen, request.shipping_fen) == (4000, 800)
    assert sum(PaymentRefund.objects.values_list("amount_fen", flat=True)) == 7200
    told = [message.payload["fen"] for message in OutboxMessage.objects.filter(topic="order.refunded")]
    assert told == [3200, 3200]  # nobody earned anything with the shipping fee
    assert queries.offer_of(order, {item: 1}, reason="damaged").most_shipping_fen == 0


def test_the_rest_is_paid_back(place, cup, candle, member, carrier, at):
    order = place((cup, "points", 2), (candle, "points", 1))
    mug, light = order.items.all()
    options = {"by": STAFF, "at": at, "reason": "破损", "stock_back": "damaged"}
    with pytest.raises(settling.NothingLeftToShip):
        after_sale.give_up_rest(order=order, **options)
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF000001", by=STAFF, at=at, pieces={mug.pk: 1})
    with pytest.raises(InvalidInput):
        after_sale.give_up_rest(order=order, **options | {"reason": " "})
    request = after_sale.give_up_rest(order=order, **options)
    order.refresh_from_db()
    assert (order.state, order.shipped_at, request.state, request.kind) == ("shipped", at, "settled", "unshipped")
    assert request.points == 3300
    assert available(member, at) == 5000 - 1000
    assert queries.askable_pieces(order) == {mug: 1}
    assert AfterSaleItem.objects.filter(after_sale=request).count() == 2
    with pytest.raises(settling.NothingLeftToShip):
        after_sale.give_up_rest(order=order, **options)
    assert Notice.objects.filter(member=member, key=f"{request.subject}:settled").exists()
    assert light.pk
    all_adds_up()


def test_of_a_partly_shipped_order_only_what_left_can_come_back(place, cup, carrier, ask, at):
    order = place((cup, "points", 3))
    (item,) = order.items.all()
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF000001", by=STAFF, at=at, pieces={item.pk: 1})
    order.refresh_from_db()
    assert queries.askable_pieces(order) == {item: 1}
    ask(order, pieces={item.pk: 1})
    shipping.ship_order(order=order, carrier=carrier, tracking_number="SF000002", by=STAFF, at=at)
