"""A price is asked for in a way, and only in one that is offered (E1)."""

import pytest

from catalog.models import SKU, Product, Way
from catalog.rules import Price, WayNotOffered

POINTS, MIXED = Way.POINTS, Way.MIXED


@pytest.mark.parametrize(
    ("fields", "ways", "prices"),
    [
        ({"points_price": 3980}, [POINTS], {POINTS: Price(3980, 0)}),
        ({"mixed_points": 1000, "mixed_fen": 3200}, [MIXED], {MIXED: Price(1000, 3200)}),
        (
            {"points_price": 3980, "mixed_points": 1000, "mixed_fen": 3200},
            [POINTS, MIXED],
            {POINTS: Price(3980), MIXED: Price(1000, 3200)},
        ),
    ],
)
def test_ways_and_prices(fields, ways, prices):
    sku = SKU(code="A", **fields)
    assert sku.ways == ways
    for way in Way:
        if way in prices:
            assert sku.price(way) == prices[way]
        else:
            with pytest.raises(WayNotOffered):
                sku.price(way)


@pytest.mark.parametrize("way", ["", "cash", None, "POINTS"])
def test_a_way_that_does_not_exist(way):
    with pytest.raises(WayNotOffered):
        SKU(code="A", points_price=1, mixed_points=1, mixed_fen=1).price(way)


def test_the_price_of_three_pieces():
    assert Price(1000, 3200) * 3 == Price(3000, 9600)


def test_label_follows_the_order_of_the_options():
    product = Product(options=[{"name": "颜色", "values": ["松绿"]}, {"name": "容量", "values": ["350 mL"]}])
    assert SKU(product=product, options={"容量": "350 mL", "颜色": "松绿"}).label == "松绿 · 350 mL"
    assert SKU(product=Product(options=[]), options={}).label == ""
