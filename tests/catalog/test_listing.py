"""The list: filters, search, order, counts and cards, in a number of queries that does not grow (E1)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from catalog import queries
from catalog.filters import Filters
from catalog.services import products
from core import actors, clock

pytestmark = pytest.mark.django_db
STAFF = actors.staff(1)
LONG_AGO = timedelta(days=90)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def old_product(make_product):
    """A product that is no longer new, so that its card has no badge."""

    def make(**fields):
        return make_product(at=clock.now() - LONG_AGO, **fields)

    return make


def titles(available=None, **filters):
    return [card.title for card in listing(available, **filters).cards]


def listing(available=None, **filters):
    return queries.listed_products(Filters(**filters), at=clock.now(), available=available)


def sku(code, points=None, mixed=None, fen=None, stock=10, **fields):
    return {"code": code, "points_price": points, "mixed_points": mixed, "mixed_fen": fen, "stock": stock, **fields}


@pytest.fixture
def shelf(old_product):
    old_product(name="cup", skus=[sku("1", points=3980, mixed=1000, fen=3200)])
    old_product(name="cherries", skus=[sku("2", mixed=2000, fen=3900)])
    old_product(name="mug", skus=[sku("3", points=1580, stock=0)])
    old_product(name="case", skus=[sku("4", points=13800)])
    old_product(name="hidden", listed=False)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["case", "mug", "cherries", "cup"]),
        ({"way": "points"}, ["case", "mug", "cup"]),
        ({"way": "mixed"}, ["cherries", "cup"]),
        ({"in_stock": True}, ["case", "cherries", "cup"]),
        ({"sort": "points"}, ["mug", "cherries", "cup", "case"]),
        ({"sort": "-points"}, ["case", "cup", "cherries", "mug"]),
        ({"sort": "points", "way": "mixed"}, ["cup", "cherries"]),
        ({"lowest": 1580}, ["case", "mug", "cherries", "cup"]),
        ({"lowest": 1581}, ["case", "cherries", "cup"]),
        ({"highest": 2000}, ["mug", "cherries"]),
        ({"highest": 1999}, ["mug"]),
        ({"lowest": 1000, "highest": 1000, "way": "mixed"}, ["cup"]),
        ({"affordable": True}, ["case", "mug", "cherries", "cup"]),
    ],
)
def test_filters(shelf, filters, expected):
    assert titles(**filters) == expected


@pytest.mark.parametrize(
    ("available", "way", "expected"),
    [
        (999, "", []),
        (1000, "", ["cup"]),
        (1580, "", ["mug", "cup"]),
        (2000, "", ["mug", "cherries", "cup"]),
        (2000, "points", ["mug"]),
        (1000, "mixed", ["cup"]),
    ],
)
def test_within_my_points(shelf, available, way, expected):
    assert titles(available, affordable=True, way=way) == expected


def test_counts_follow_the_filters_and_the_tree(make_category, old_product):
    top, other = make_category(code="fruit"), make_category(code="home")
    child = make_category(code="berries", parent=top)
    old_product(category=top, skus=[sku("1", points=1)])
    old_product(category=child, skus=[sku("2", points=5)])
    old_product(category=child, skus=[sku("3", points=9, stock=0)])
    old_product(category=other, skus=[sku("4", points=9)])
    found = listing(category="fruit", in_stock=True)
    assert (found.total, found.count) == (2, 3)
    assert [(branch.code, branch.count) for branch in found.branches] == [("fruit", 2), ("home", 1)]
    assert [(branch.code, branch.count) for branch in found.branches[0].children] == [("berries", 1)]
    below = listing(category="berries")
    assert [branch.code for branch in below.path] == ["fruit", "berries"]
    assert below.total == 2
    unknown = listing(category="nope")
    assert (unknown.total, unknown.cards, unknown.category) == (0, (), None)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("保温", ["flask"]),
        ("暖光", ["flask"]),
        ("FLASK", ["flask"]),
        ("las", ["flask"]),
        ("nw-316", ["flask"]),
        ("保温 暖光", ["flask"]),
        ("暖光 茶", []),
        ("   ", ["odd", "tea", "flask"]),
        ("", ["odd", "tea", "flask"]),
        ("%", ["odd"]),
        ("100%", ["odd"]),
        ("_", ["odd"]),
        ("\\", ["odd"]),
        ("'", ["odd"]),
        ('"', ["odd"]),
        ("%茶%", []),
        ("茶%", []),
        ("'; DROP TABLE catalog_product; --", []),
        ("bǎo", []),
        ("😀", []),
    ],
)
def test_search(old_product, q, expected):
    old_product(name="316 不锈钢保温杯", name_en="flask", brand="暖光", model_no="NW-316")
    old_product(name="龙井茶", name_en="tea")
    old_product(name="100% 棉_\\'\"", name_en="odd")
    assert titles(q=q) == expected


def test_search_uses_the_trigram_index(make_product):
    make_product()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM catalog_product WHERE search_text LIKE '%保温杯%'")
        assert "product_search" in str(cursor.fetchall())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", Filters()),
        ("q=%20%20", Filters()),
        ("q=a%00b&category=fr%00uit", Filters(q="ab", category="fruit")),
        ("q=" + "x" * 500, Filters(q="x" * 64)),
        ("min=5000&max=500", Filters(lowest=500, highest=5000)),
        ("min=1,000&max=15，000", Filters(lowest=1000, highest=15000)),
        ("min=-5&max=abc&page=0&way=gold&sort=name", Filters()),
        ("min=1e3&max=%D9%A3&page=-1", Filters()),
        ("max=99999999999999999999", Filters()),
        ("max=9999999999", Filters(highest=2147483647)),
        (
            "way=mixed&sort=-points&page=3&affordable=1&in_stock=1",
            Filters(way="mixed", sort="-points", page=3, affordable=True, in_stock=True),
        ),
    ],
)
def test_addresses_are_read_forgivingly(address, expected):
    assert Filters.read(QueryDict(address)) == expected


def test_addresses_are_written_back():
    filters = Filters(q="茶 杯", way="mixed", lowest=0, highest=500, in_stock=True, sort="new", page=3)
    assert Filters.read(QueryDict(filters.query(page=3)[1:])) == filters
    assert "page" not in filters.query(way="")
    assert filters.narrowing == 3


def test_pages_of_24(old_product):
    category = old_product().category
    for number in range(25):
        old_product(category=category, skus=[sku(f"n{number}", points=number + 1)])
    first, second, beyond = listing(), listing(page=2), listing(page=99)
    assert (len(first.cards), first.total, first.pages, first.more) == (24, 26, 2, 2)
    assert (len(second.cards), second.more, second.page) == (2, 0, 2)
    assert [card.id for card in beyond.cards] == [card.id for card in second.cards]
    assert [card.eager for card in first.cards] == [True] * 4 + [False] * 20


@pytest.mark.parametrize(
    ("stock", "redeemed", "available", "expected"),
    [
        (10, 0, None, ("", "", "", False)),
        (10, 9, None, ("", "", "", False)),
        (10, 326, None, ("", "326 redeemed", "", False)),
        (6, 326, None, ("", "326 redeemed", "", False)),
        (5, 326, None, ("", "Only 5 left", "warn", False)),
        (1, 0, 99, ("", "1 points short", "", False)),
        (1, 0, 100, ("", "Only 1 left", "warn", False)),
        (0, 326, 5, ("Back soon", "", "", True)),
    ],
)
def test_cards_say_the_most_urgent_thing(old_product, stock, redeemed, available, expected):
    product = old_product(skus=[sku("1", points=100, stock=stock)])
    products.count_redeemed(lines=[(product.skus.get().pk, redeemed)])
    (card,) = listing(available).cards
    assert (card.badge, card.meta, card.meta_tone, card.sold_out) == expected


def test_a_card_shows_the_lowest_price_of_the_way_asked_for(old_product):
    options = [{"name": "size", "values": ["S", "L"]}]
    old_product(
        options=options,
        skus=[
            sku("1", points=500, mixed=100, fen=900, options={"size": "L"}),
            sku("2", points=400, mixed=200, fen=100, options={"size": "S"}, stock=0),
        ],
    )
    (card,) = listing().cards
    assert (card.points, card.fen, card.sold_out) == (400, 0, False)
    (card,) = listing(way="mixed").cards
    assert (card.points, card.fen) == (100, 900)
    assert listing(100).cards[0].meta == ""
    assert listing(100, way="points").cards[0].meta == "300 points short"


def test_a_new_card_says_so(make_product, old_product):
    make_product(name="a")
    old_product(name="b")
    assert {card.title: card.badge for card in listing().cards} == {"a": "New arrival", "b": ""}


def test_shelves_of_the_home_page(shelf):
    at = clock.now()
    limits = {"first_use": 1, "within": 9, "popular": 2, "newest": 2}
    shelves = queries.front_shelves(limits, ending=1999, available=2000, at=at)
    shown = {name: [(card.title, card.points, card.fen) for card in cards] for name, cards in shelves.items()}
    assert shown == {
        "first_use": [("cup", 1000, 3200)],
        "within": [("cherries", 2000, 3900), ("cup", 1000, 3200)],
        "popular": [("case", 13800, 0), ("cherries", 2000, 3900)],
        "newest": [("case", 13800, 0), ("cherries", 2000, 3900)],
    }
    strangers = queries.front_shelves(limits, ending=0, available=None, at=at)
    assert [len(cards) for cards in strangers.values()] == [0, 0, 2, 2]
    assert [card.title for card in queries.popular(1, at=at)] == ["case"]


@pytest.mark.parametrize("shown", [lambda: queries.popular(50, at=clock.now()), listing])
def test_queries_do_not_grow(old_product, picture, shown):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            shown()
        return len(captured)

    images = [picture((160, 160))]
    for _n in range(5):
        old_product(images=images)
    few = count()
    for _n in range(45):
        old_product(images=images)
    assert count() == few <= 4
