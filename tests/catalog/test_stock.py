"""Stock moves under its condition, every movement is written, and a call repeated has no second effect (E3)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from catalog.models import SKU, StockMovement
from catalog.services import products, stock
from core import clock
from core.errors import InvalidInput

pytestmark = pytest.mark.django_db
BY = "member:1"


@pytest.fixture
def sku(make_product):
    return make_product(skus=[{"code": "A", "points_price": 100, "stock": 5}]).skus.get()


def take(sku, quantity=1, key="take:1"):
    stock.take(lines=[(sku.pk, quantity)], key=key, source="order:1", by=BY, at=clock.now())


def left(sku):
    """The stock, proved by its movements."""
    sku.refresh_from_db()
    assert sku.stock == sku.movements.aggregate(total=Sum("delta"))["total"]
    assert sku.stock == sku.movements.first().stock_after
    return sku.stock


def test_take_writes_what_happened(sku):
    at = clock.now()
    stock.take(lines=[(sku.pk, 2)], key="take:1", source="order:7", by=BY, at=at)
    movement = sku.movements.first()
    assert (movement.delta, movement.stock_after, movement.reason) == (-2, 3, "redeemed")
    assert (movement.source, movement.key, movement.by, movement.at) == ("order:7", "take:1", BY, at)
    assert left(sku) == 3


@pytest.mark.parametrize(("quantity", "fits"), [(4, True), (5, True), (6, False)])
def test_take_at_the_edge(sku, quantity, fits):
    if fits:
        take(sku, quantity)
    else:
        with pytest.raises(stock.SoldOut) as refusal:
            take(sku, quantity)
        assert refusal.value.details["stock"] == 5
    assert left(sku) == (5 - quantity if fits else 5)


def test_the_same_key_takes_once(sku):
    take(sku, 2)
    take(sku, 2)
    assert left(sku) == 3
    with pytest.raises(stock.MovementKeyReused):
        take(sku, 3)
    assert left(sku) == 3


def test_a_repeated_call_succeeds_although_all_is_gone(sku):
    take(sku, 5)
    take(sku, 5)
    assert left(sku) == 0


def test_all_lines_or_none(sku, make_product):
    other = make_product(skus=[{"code": "B", "points_price": 100, "stock": 1}]).skus.get()
    with pytest.raises(stock.SoldOut) as refusal:
        stock.take(lines=[(sku.pk, 1), (other.pk, 2)], key="k", source="", by=BY, at=clock.now())
    assert refusal.value.details["sku"] == other.pk
    assert (left(sku), left(other)) == (5, 1)


def test_one_sku_in_two_lines_is_one_movement(sku):
    stock.take(lines=[(sku.pk, 1), (sku.pk, 2)], key="k", source="", by=BY, at=clock.now())
    assert sku.movements.first().delta == -3
    with pytest.raises(stock.SoldOut):
        stock.take(lines=[(sku.pk, 1), (sku.pk, 2)], key="k2", source="", by=BY, at=clock.now())
    assert left(sku) == 2


def test_unlisted_is_unbuyable_at_once(sku):
    products.unlist_product(product=sku.product, by="staff:1", at=clock.now())
    with pytest.raises(stock.NotListed):
        take(sku)
    assert left(sku) == 5


def test_give_back_works_for_unlisted_ones_and_once(sku):
    take(sku, 3)
    products.unlist_product(product=sku.product, by="staff:1", at=clock.now())
    for _attempt in range(2):
        stock.give_back(lines=[(sku.pk, 3)], key="back:1", source="order:1", by=BY, at=clock.now())
    assert left(sku) == 5
    assert sku.movements.first().reason == "returned"


def test_restock_both_ways(sku):
    at = clock.now()
    assert stock.restock(sku=sku, delta=7, reason="delivery", key="r1", by="staff:1", at=at, note="PO 12") == 12
    assert stock.restock(sku=sku, delta=-12, reason="count", key="r2", by="staff:1", at=at) == 0
    with pytest.raises(stock.StockTooLow):
        stock.restock(sku=sku, delta=-1, reason="damage", key="r3", by="staff:1", at=at)
    assert left(sku) == 0
    assert sku.movements.get(key="r1").note == "PO 12"


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, "2", 1.5, None])
def test_quantities_that_are_none(sku, quantity):
    with pytest.raises(InvalidInput):
        take(sku, quantity)
    assert left(sku) == 5


def test_restock_refuses_nonsense(sku):
    for change in ({"delta": 0}, {"reason": "because"}, {"key": ""}):
        arguments = {"delta": 1, "reason": "delivery", "key": "k", **change}
        with pytest.raises(InvalidInput):
            stock.restock(sku=sku, by="staff:1", at=clock.now(), **arguments)


def test_an_unknown_sku(db):
    with pytest.raises(stock.UnknownSKU):
        stock.take(lines=[(987654, 1)], key="k", source="", by=BY, at=clock.now())


def test_a_rolled_back_order_leaves_no_trace(sku):
    class Changed(Exception):
        pass

    with pytest.raises(Changed), transaction.atomic():
        take(sku, 2)
        raise Changed
    assert left(sku) == 5


def test_take_is_one_statement_a_sku_in_the_order_of_keys(sku, make_product, django_assert_num_queries):
    other = make_product(skus=[{"code": "B", "points_price": 100, "stock": 5}]).skus.get()
    with django_assert_num_queries(4) as captured:  # savepoint, one statement each, release
        stock.take(lines=[(other.pk, 1), (sku.pk, 1)], key="k", source="", by=BY, at=clock.now())
    updates = [query["sql"] for query in captured if "UPDATE catalog_sku" in query["sql"]]
    pks = sorted([sku.pk, other.pk])
    assert all(f"({pk}, -1, " in sql for pk, sql in zip(pks, updates, strict=True))
    assert all("INSERT INTO catalog_stockmovement" in sql for sql in updates)


def test_movements_are_only_ever_added(sku):
    movement = sku.movements.get()
    for act in (
        lambda: StockMovement.objects.filter(pk=movement.pk).update(delta=100),
        lambda: movement.delete(),
    ):
        with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
            act()


def test_the_database_itself_refuses_negative_stock(sku):
    with pytest.raises(IntegrityError, match="sku_stock_not_negative"), transaction.atomic():
        SKU.objects.filter(pk=sku.pk).update(stock=-1)


def test_the_trigger_guards_against_sql_too(sku):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_stockmovement")
