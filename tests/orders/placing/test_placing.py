"""Placing an order in each way, once, as a snapshot (F1, F2, F3)."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.services import products
from core import actors
from core.crypto import EncryptedTextField
from orders.models import CartLine, Order, OrderItem, OrderMove, OrderState
from orders.placing.rules import pricing
from orders.placing.services import cancelling, cart, new_order, placing
from points.ledger import audit
from points.ledger.models import PointsEntry
from points.ledger.queries import balance
from tests.orders.conftest import STAFF
from tests.orders.placing.conftest import stock_of

ORDER_SENDS = [
    "FROM catalog_sku",
    "FROM points_member_tier",
    "INSERT INTO orders_order",
    "FROM ledger_spend",
    "INSERT INTO core_outboxmessage",
    "UPDATE catalog_sku",
]


def test_points_only_is_captured_at_once(place, cup, candle, member, at):
    order = place((cup, "points", 2), (candle, "points", 1), note=" 请放门口 ")
    assert order.state == OrderState.TO_SHIP
    assert (order.points, order.cash_fen, order.goods_points, order.paid_at) == (4300, 0, 4300, at)
    assert order.note == "请放门口"
    assert order.pay_before is None
    assert not order.payments.exists()
    assert balance(member.pk, at=at).available == 700
    assert balance(member.pk, at=at).held == 0
    entry = PointsEntry.objects.get(account=member.pk, key=f"order:{order.number}:capture")
    assert (entry.points, entry.kind, entry.source) == (-4300, "redeem", f"order:{order.number}")
    assert (stock_of(cup), stock_of(candle)) == (8, 9)
    assert [(m.from_state, m.to_state) for m in order.moves.all()] == [("", "to_ship")]
    assert audit.run().breaks == []


def test_with_cash_points_are_held_until_paid(place, cup, member, at, parameters):
    parameters["points.payment_window"] = 45
    order = place((cup, "mixed", 2))
    assert order.state == OrderState.PENDING_PAYMENT
    assert (order.points, order.cash_fen) == (800, 6400)
    assert order.pay_before == at + timedelta(minutes=45)
    assert order.paid_at is None
    now = balance(member.pk, at=at)
    assert (now.available, now.held, now.total) == (4200, 800, 5000)
    assert not PointsEntry.objects.filter(account=member.pk, kind="redeem").exists()
    payment = order.payments.get()
    assert (payment.amount_fen, payment.provider, payment.state) == (6400, "sandbox", "open")
    assert stock_of(cup) == 8
    assert audit.run().breaks == []


def test_both_ways_of_one_sku_in_one_order(place, cup):
    order = place((cup, "points", 1), (cup, "mixed", 1))
    assert (order.points, order.cash_fen) == (1400, 3200)
    assert stock_of(cup) == 8


def test_the_order_is_a_snapshot(place, cup, at):
    order = place((cup, "mixed", 1))
    product = cup.product
    product.name, product.name_en = "新名字", "New name"
    cup.mixed_points, cup.mixed_fen = 9999, 999_900
    products.save_product(product=product, skus=[cup], by=STAFF, at=at)
    order.refresh_from_db()
    item = order.items.get()
    assert (item.product_name, item.unit_points, item.unit_fen) == ("保温杯", 400, 3200)
    assert (order.points, order.cash_fen) == (400, 3200)
    assert pricing.restored(order.sums)[0] == pricing.Sum("goods_points", points=400)


def test_the_address_is_a_snapshot_that_nobody_reads_in_the_table(place, cup, address, member, at):
    order = place((cup, "points", 1))
    address.delete()
    order = Order.objects.get(pk=order.pk)
    assert (order.ship_name, order.ship_phone) == ("林晓雯", "+8613800000001")
    assert order.ship_address == "北京市朝阳区望京街道花家地南里8号楼2单元1103"
    with connection.cursor() as cursor:
        cursor.execute("SELECT ship_name, ship_phone, ship_address FROM orders_order")
        raw = " ".join(cursor.fetchone())
    assert "林" not in raw
    assert "13800000001" not in raw
    assert "望京" not in raw


def test_a_new_field_is_written_with_the_order(place, cup, with_field, monkeypatch):
    for model in (Order, OrderItem, OrderMove):
        with_field(model, "door", EncryptedTextField(default="3号门"))
    monkeypatch.setattr(new_order, "_statement", new_order._statement.__wrapped__)
    order = Order.objects.get(pk=place((cup, "points", 1)).pk)
    assert (order.door, order.items.get().door, order.moves.get().door) == ("3号门",) * 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT o.door || i.door || m.door FROM orders_order o, orders_orderitem i, orders_ordermove m")
        assert "3号门" not in cursor.fetchone()[0]


def test_the_same_form_twice_is_one_order(place, cup, candle, member, at):
    key = uuid.uuid4()
    first = place((cup, "points", 1), form_key=key)
    again = place((cup, "points", 1), form_key=key)
    assert first == again
    assert Order.objects.count() == 1
    assert balance(member.pk, at=at).available == 4000
    assert stock_of(cup) == 9


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": 2}, {"way": "mixed"}, {"note": "放门口"}, {"deduct": 100}, {"coupons": (1,)},
        {"provider": "alipay"}, {"expected": "x"}, {"phone": "+8613900000002"}, {"detail": "广渠路9号"},
        {"address": None},
    ],
)  # fmt: skip
def test_the_same_form_with_other_choices_is_refused(place, cup, member, address, at, changed):
    """Never silently the first order: it goes to the old address."""
    key = uuid.uuid4()
    choice = {"way": "points", "quantity": 1}
    first = place((cup, *choice.values()), form_key=key)
    for name in ("phone", "detail"):
        if name in changed:
            setattr(address, name, changed[name])
    choice |= {name: value for name, value in changed.items() if name in choice}
    options = {name: changed[name] for name in changed if name not in (*choice, "phone", "detail")}
    with pytest.raises(placing.FormUsed) as refused:
        place((cup, *choice.values()), form_key=key, **options)
    assert first.number in str(refused.value)
    assert Order.objects.count() == 1
    assert balance(member.pk, at=at).available == 4000
    assert stock_of(cup) == 9


def test_a_form_of_an_order_without_a_digest_finds_it(place, cup, candle):
    first = place((cup, "points", 1))
    Order.objects.update(form_digest="")
    assert place((candle, "points", 1), form_key=first.form_key) == first


def test_a_second_order_of_the_same_goods_is_asked_about(place, cup, candle, at):
    first = place((cup, "points", 1), known="")
    assert place((candle, "points", 1), known="")  # other goods
    for lines in ([(cup, "points", 1)], [(cup, "mixed", 3)], [(candle, "points", 1), (cup, "points", 1)]):
        with pytest.raises(placing.OrderedJustNow):
            place(*lines, known="")
    second = place((cup, "points", 1), known=first.number)
    with pytest.raises(placing.OrderedJustNow) as refused:
        place((cup, "points", 1), known=first.number)
    assert second.number in str(refused.value)
    assert Order.objects.count() == 3


def test_after_some_minutes_or_a_cancellation_nobody_is_asked(place, cup, member, at):
    cancelled = place((cup, "points", 1), known="")
    cancelling.cancel_order(order=cancelled, by=actors.member(member.pk), at=at)
    assert place((cup, "points", 1), known="")
    assert place((cup, "points", 1), known="", at=at + timedelta(minutes=10))


def test_a_form_key_is_the_members_own(place, make_member, cup):
    key = uuid.uuid4()
    stranger = make_member()
    mine = place((cup, "points", 1), form_key=key)
    theirs = place((cup, "points", 1), form_key=key, member=stranger, address=stranger.addresses.get())
    assert mine != theirs


def test_the_cart_loses_what_was_placed_and_nothing_else(place, cup, candle, member, make_member, at):
    stranger = make_member()
    for owner, sku in ((member, cup), (member, candle), (stranger, cup)):
        cart.put(member=owner, sku_id=sku.pk, way="points", quantity=1, at=at)
    place((cup, "points", 1))
    assert CartLine.objects.count() == 3
    products.unlist_product(product=candle.product, by=STAFF, at=at)
    order = place(from_cart=True)
    assert [item.sku for item in order.items.all()] == [cup]
    assert [(line.member, line.sku) for line in CartLine.objects.order_by("pk")] == [(member, candle), (stranger, cup)]


def test_an_order_is_read_and_priced_once(place, cup):
    """With points alone: goods, tier, the row, the points, the outbox, the shelf."""
    place((cup, "points", 1))  # figures, rules and rates are known now
    with CaptureQueriesContext(connection) as queries:
        place((cup, "points", 1))
    sent = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert [next((name for name in ORDER_SENDS if name in sql), sql) for sql in sent] == ORDER_SENDS


def test_popularity_follows(place, cup, committing):
    with committing():
        place((cup, "points", 2))
    cup.product.refresh_from_db()
    assert cup.product.redeemed_count == 2


def test_who_did_it(place, cup, member):
    order = place((cup, "points", 1))
    assert order.moves.get().by == actors.member(member.pk)
