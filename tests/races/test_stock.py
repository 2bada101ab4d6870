"""64 connections want what is left: exactly what exists is given."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from catalog.models import SKU, StockMovement
from catalog.services import products, stock
from core import actors, clock

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

BUYERS = 64


@pytest.fixture
def make_product():
    """Create a listed product by the service."""
    at = clock.now()
    staff = actors.staff(1)
    category = products.create_category(code="race", name="抢兑", by=staff, at=at)

    def make(**fields):
        return products.create_product(category=category, name="抢手货", listed=True, by=staff, at=at, **fields)

    return make


def race(buy):
    """Call ``buy(number)`` on 64 connections at the same moment; returns what they returned."""
    start = threading.Barrier(BUYERS)

    def run(number):
        try:
            with connection.cursor() as cursor:  # connected before the start
                cursor.execute("SELECT 1")
            start.wait(timeout=30)
            return buy(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(BUYERS) as pool:
        return list(pool.map(run, range(BUYERS)))


def took(sku, key, quantity=1):
    try:
        stock.take(lines=[(sku.pk, quantity)], key=key, source=f"order:{key}", by="system:race", at=clock.now())
    except stock.SoldOut:
        return False
    return True


def test_stock_of_10_is_sold_10_times(make_product):
    sku = make_product(skus=[{"code": "RACE-1", "points_price": 100, "stock": 10}]).skus.get()
    outcomes = race(lambda number: took(sku, f"key-{number}"))
    assert outcomes.count(True) == 10
    sku.refresh_from_db()
    assert sku.stock == 0
    movements = StockMovement.objects.filter(sku=sku)
    assert movements.aggregate(Sum("delta"))["delta__sum"] == 0
    left = movements.filter(reason=StockMovement.Reason.REDEEMED).order_by("id").values_list("stock_after", flat=True)
    assert list(left) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]


def test_one_key_from_64_connections_is_booked_once(make_product):
    sku = make_product(skus=[{"code": "RACE-2", "points_price": 100, "stock": 10}]).skus.get()
    outcomes = race(lambda number: took(sku, "one-key"))
    assert all(outcomes)
    sku.refresh_from_db()
    assert sku.stock == 9
    assert StockMovement.objects.filter(sku=sku, key="one-key").count() == 1


def test_baskets_in_opposite_order_do_not_block_each_other(make_product):
    product = make_product(
        options=[{"name": "颜色", "values": ["奶白", "松绿"]}],
        skus=[
            {"code": "RACE-3", "options": {"颜色": "奶白"}, "points_price": 100, "stock": 40},
            {"code": "RACE-4", "options": {"颜色": "松绿"}, "points_price": 100, "stock": 20},
        ],
    )
    pks = list(product.skus.values_list("pk", flat=True))

    def buy(number):
        lines = [(pk, 1) for pk in (pks if number % 2 else reversed(pks))]
        try:
            stock.take(lines=lines, key=f"key-{number}", source="", by="system:race", at=clock.now())
        except stock.SoldOut:
            return False
        return True

    assert race(buy).count(True) == 20
    assert list(SKU.objects.filter(pk__in=pks).order_by("pk").values_list("stock", flat=True)) == [20, 0]


def test_unlisting_ends_the_sale(make_product):
    product = make_product(skus=[{"code": "RACE-5", "points_price": 100, "stock": 64}])
    sku = product.skus.get()

    def buy(number):
        if number == 0:
            products.unlist_product(product=product, by=actors.staff(1), at=clock.now())
            return "unlisted"
        try:
            return took(sku, f"key-{number}")
        except stock.NotListed:
            return "refused"

    outcomes = race(buy)
    with pytest.raises(stock.NotListed):
        took(sku, "late")
    sku.refresh_from_db()
    assert sku.stock == 64 - outcomes.count(True)


def test_staff_save_skus_in_the_order_in_which_buyers_take_them(make_product):
    """A buyer holds the first SKU while staff save both, typed the other way round; then the buyer takes the second."""
    product = make_product(
        options=[{"name": "颜色", "values": ["奶白", "松绿"]}],
        skus=[
            {"code": "RACE-6", "options": {"颜色": "奶白"}, "points_price": 100, "stock": 40},
            {"code": "RACE-7", "options": {"颜色": "松绿"}, "points_price": 100, "stock": 40},
        ],
    )
    first, second = product.skus.order_by("pk")

    def save():
        try:
            skus = list(product.skus.order_by("-pk"))
            products.save_product(product=product, skus=skus, by=actors.staff(1), at=clock.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert took(first, "first")
            saving = pool.submit(save)
            wait_for_a_waiter()
            assert took(second, "second")
        saving.result(timeout=10)
    assert list(SKU.objects.filter(product=product).values_list("stock", flat=True)) == [39, 39]


def wait_for_a_waiter():
    """Until some connection waits for a lock; ``pg_stat_activity`` would stand still in the buyer's transaction."""
    for _look in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.02), EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[1]:
                return
    raise AssertionError("nobody waits")
