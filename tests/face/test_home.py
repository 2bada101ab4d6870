"""The home page: what stands on it, what it costs, what it weighs."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from points.ledger.queries import Balance
from pointsmall import home

WEIGHT_LIMIT = 100_000  # bytes of HTML, styles and scripts, uncompressed
STYLES_LIMIT = 60_000


def names(cards):
    return [card.title for card in cards]


@pytest.mark.django_db
def test_a_stranger_sees_the_card_with_one_way_in_and_goods(client, shop):
    page = client.get("/").content.decode()
    assert "登录后看积分" in page
    assert f"注册就得{200}积分" in page
    assert page.count('class="card"') >= 10
    assert "可用积分" not in page


@pytest.mark.django_db
def test_a_member_sees_the_balance_and_what_it_buys(signed_in, shop, give):
    give(600, days=30)
    page = signed_in.get("/").content.decode()
    assert "晓雯" in page
    assert "<b>600</b>" in page
    assert "先用这些" in page
    assert "现在就能换" in page


@pytest.mark.django_db
def test_an_empty_shop_still_has_a_home_page(client, signed_in):
    assert client.get("/").status_code == 200


@pytest.mark.django_db
def test_a_page_of_a_stranger_costs_five_queries_at_most(client, shop):
    client.get("/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get("/").status_code == 200
    assert len(queries) <= 5, [query["sql"] for query in queries]


@pytest.mark.django_db
def test_a_page_of_a_member_costs_nine_queries_at_most(signed_in, shop, give):
    give(1500, days=30)
    signed_in.get("/")
    with CaptureQueriesContext(connection) as queries:
        assert signed_in.get("/").status_code == 200
    assert len(queries) <= 9, [query["sql"] for query in queries]


@pytest.mark.django_db
def test_shelves_hold_what_the_points_are_enough_for(shop):
    balance = Balance(available=1500, expiring_points=400, expires_at=clock.now() + home.SOON)
    shelves = home.shelves(balance=balance, at=clock.now())
    assert names(shelves["first_use"]) == ["商品4", "商品3", "商品2", "商品1"]
    assert shelves["affordable"]
    assert len(shelves["goods"]) == home.GOODS
    assert all(card.points <= 1500 for card in shelves["goods"])
    assert not {card.id for card in shelves["first_use"]} & {card.id for card in shelves["goods"]}


@pytest.mark.django_db
def test_points_that_end_much_later_need_no_shelf(shop):
    at = clock.now()
    balance = Balance(available=400, expiring_points=400, expires_at=at + home.SOON * 2)
    assert home.shelves(balance=balance, at=at)["first_use"] == []


@pytest.mark.django_db
def test_who_can_afford_nothing_sees_what_is_liked(shop):
    shelves = home.shelves(balance=Balance(available=99), at=clock.now())
    assert not shelves["affordable"]
    assert len(shelves["goods"]) == home.GOODS


@pytest.mark.django_db
def test_a_card_shows_the_price_with_cash_where_only_that_is_within_the_points(add_product):
    add_product("保温杯", points_price=3000, mixed_points=500, mixed_fen=3200)
    at = clock.now()
    (card,) = home.shelves(balance=Balance(available=600), at=at)["goods"]
    assert (card.points, card.fen) == (500, 3200)
    (card,) = home.shelves(balance=Balance(available=3000), at=at)["goods"]
    assert (card.points, card.fen) == (3000, 0)


@pytest.mark.django_db
def test_nothing_sold_out_stands_on_the_home_page(add_product):
    add_product("售罄", stock=0)
    shelves = home.shelves(balance=None, at=clock.now())
    assert not any(shelves[name] for name in ("goods", "ranking", "newest"))


@pytest.mark.django_db
def test_the_page_weighs_less_than_100_kb_without_pictures(signed_in, shop, give):
    give(1500, days=30)
    page = signed_in.get("/").content
    linked = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', page.decode())
    assert "css/tokens.css" in linked
    weight = len(page) + sum(Path(finders.find(path)).stat().st_size for path in linked)
    assert weight < WEIGHT_LIMIT, weight


def test_styles_of_any_page_stay_small():
    """The shared ones and those of one app; a page loads no more."""
    sizes = {path: path.stat().st_size for path in Path("static/css").rglob("*.css")}
    of_apps = [size for path, size in sizes.items() if path.parent.name == "pages"]
    assert sum(sizes.values()) - sum(of_apps) + max(of_apps) < STYLES_LIMIT


def test_rules_name_no_preset():
    """A look is a set of values in tokens.css; no component knows which one is on."""
    for path in Path("static/css").rglob("*.css"):
        if path.name != "tokens.css":
            assert not re.search("data-look|fashion|business", path.read_text()), path
