"""Points prices out of costs, and prices under cost (C14); goods for cash (F1)."""

import pytest
from django.urls import reverse

from catalog import rules
from catalog.filters import Filters
from catalog.models import SKU, Product
from catalog.prices import Way
from catalog.queries import listed_products, product_page
from core import clock
from points.ledger.rules import points_for, points_within, worth_fen
from tests.catalog.test_admin import change_url, form_of, staff  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("cost", "market", "margin", "proposal"),
    [
        (5000, None, 0, (5000, 5000, None)),  # the example: 50 yuan are 5,000 points
        (5000, None, 10, (5000, 5500, None)),
        (5000, 9900, 30, (5000, 6500, 9900)),
        (5000, 6000, 30, (5000, 6000, 6000)),  # not above the market
        (5000, 4000, 30, (5000, 5000, 4000)),  # and never under cost
        (None, 9900, 30, (None, 9900, 9900)),
        (None, None, 30, (None, None, None)),
        (3333, None, 15, (3333, 3833, None)),
    ],
)
def test_proposals(parameters, cost, market, margin, proposal):
    made = rules.propose(cost_fen=cost, market_price_fen=market, margin_percent=margin)
    assert (made.at_cost, made.proposed, made.at_market) == proposal


@pytest.mark.parametrize("per_yuan", [1, 3, 99, 100, 333, 1000])
def test_the_value_of_a_point_is_in_one_place(parameters, per_yuan):
    parameters["points.per_yuan"] = per_yuan
    for fen in (1, 99, 100, 101, 5000, 12345):
        assert worth_fen(points_for(fen)) >= fen > worth_fen(points_for(fen) - 1)
        assert worth_fen(points_within(fen)) <= fen < worth_fen(points_within(fen) + 1) + 1


@pytest.mark.parametrize(
    ("prices", "under"),
    [
        ({"points_price": 5000}, []),
        ({"points_price": 4999}, [Way.POINTS]),
        ({"mixed_points": 1000, "mixed_fen": 4000}, []),
        ({"mixed_points": 999, "mixed_fen": 4000}, [Way.MIXED]),
        ({"cash_fen": 4999, "points_price": 9000}, [Way.CASH]),
    ],
)
def test_under_cost(prices, under):
    assert [way for way, _worth in rules.ways_under_cost(SKU(cost_fen=5000, **prices))] == under
    assert rules.ways_under_cost(SKU(**prices)) == []


def test_staff_are_warned_and_may_go_on(client, staff, make_product):  # noqa: F811
    product = make_product(skus=[{"code": "A", "points_price": 5000, "stock": 4}], market_price_fen=9900)
    sent = form_of(client, change_url(product)) | {"skus-0-cost_fen": "60.00"}
    sent.pop("under_cost_ok", None)
    response = client.post(change_url(product), sent)
    assert response.status_code == 200
    assert "¥60.00" in response.content.decode()
    assert client.post(change_url(product), sent | {"under_cost_ok": "on"}).status_code == 302
    sku = SKU.objects.get()
    assert (sku.cost_fen, sku.points_price) == (6000, 5000)
    page = client.get(change_url(product)).content.decode()
    assert "6,000" in page
    sent = form_of(client, change_url(product)) | {"name": "别的名字"}
    sent.pop("under_cost_ok", None)
    assert client.post(change_url(product), sent).status_code == 302  # the prices were not touched


def test_weight_cash_and_tier_are_saved(client, staff, make_product):  # noqa: F811
    product = make_product(skus=[{"code": "A", "points_price": 5000, "stock": 4}])
    sent = form_of(client, change_url(product)) | {"skus-0-cash_fen": "49.90", "skus-0-weight_g": "650"}
    assert client.post(change_url(product), sent | {"reserved_tier": "gold"}).status_code == 302
    sku = SKU.objects.select_related("product").get()
    assert (sku.cash_fen, sku.weight_g, sku.product.reserved_tier, sku.product.lowest_cash_fen) == (
        4990,
        650,
        "gold",
        4990,
    )
    assert client.get(reverse("admin:catalog_product_add")).status_code == 200


# Goods for cash alone


@pytest.fixture
def lamp(make_product):
    return make_product(name="台灯", skus=[{"code": "LAMP", "cash_fen": 5000, "stock": 3}])


def test_lists_show_the_cash_price(lamp, make_product):
    make_product(name="杯", skus=[{"code": "CUP", "points_price": 800, "cash_fen": 900, "stock": 3}])
    at = clock.now()

    def names(**filters):
        return [
            (card.title, card.points, card.fen)
            for card in listed_products(Filters(**filters), at=at, available=1000).cards
        ]

    assert sorted(names()) == [("台灯", 0, 5000), ("杯", 800, 0)]
    assert sorted(names(way="cash")) == [("台灯", 0, 5000), ("杯", 0, 900)]
    assert names(way="mixed") == []
    assert names(affordable=True) == [("杯", 800, 0)]  # what is for cash alone is within nobody's points
    assert [name for name, *_rest in names(sort="points")] == ["台灯", "杯"]
    assert [name for name, *_rest in names(sort="-points")] == ["杯", "台灯"]
    assert [name for name, *_rest in names(lowest=1)] == ["杯"]


def test_the_page_of_goods_for_cash(client, lamp):
    page = product_page(lamp.pk, available=0)
    assert (page.way, page.can_redeem, page.chosen_way.left) == (Way.CASH, True, 0)
    html = client.get(lamp.get_absolute_url()).content.decode()
    assert 'value="cash"' in html
    assert "50" in html


def test_lists_and_home_open(client, lamp):
    for url in ("/", "/products/", "/products/?way=cash", "/products/?sort=-points", "/products/?affordable=1"):
        assert client.get(url).status_code == 200
    assert Product.objects.get().lowest_cash_fen == 5000
