"""What visitors and members see of the goods, and what they cannot reach."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from catalog.services import products, stock
from core import actors, clock
from points import ledger

pytestmark = pytest.mark.django_db
STAFF = actors.staff(1)
COLOURS = [{"name": "颜色", "values": ["奶白", "松绿"]}]


@pytest.fixture(autouse=True)
def english(client):
    client.cookies["django_language"] = "en"


@pytest.fixture
def member(client):
    """A member with 1,500 points, signed in."""
    at = clock.now()
    member = User.objects.create_user(username="lin", password="x", date_joined=at)
    ledger.earn(account=member.pk, points=1500, kind="adjust", key="start", by=STAFF, at=at)
    client.force_login(member)
    return member


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def detail(client, product, query="", status=200):
    response = client.get(reverse("catalog:detail", args=[product.pk]) + query)
    assert response.status_code == status
    return response


def test_list_for_a_stranger(client, make_product, picture):
    product = make_product(name="保温杯", images=[(picture(), "正面")])
    response = client.get("/products/")
    page = response.content.decode()
    assert f'href="/products/{product.pk}/"' in page
    (image,) = re.findall(r'<img class="pic"[^>]+>', page)
    assert re.search(r'src="/media/products/[^"]+\.card\.webp"', image)
    assert re.search(r'srcset="[^"]+\.card\.webp 1x, [^"]+\.card2x\.webp 2x"', image)
    assert re.search(r'alt="正面".*\swidth="\d+"\s+height="\d+"', image, re.DOTALL)
    assert "loading" not in image
    assert "1,000 points" in page
    assert "Within my points" not in page


def test_list_queries(client, make_product, picture, member, django_assert_max_num_queries):
    images = [picture((160, 160))]
    category = make_product(images=images).category

    def queries_of(url):
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    few = queries_of("/products/")
    few_affordable = queries_of("/products/?affordable=1&in_stock=1&q=商品&min=1&sort=points")
    for _n in range(49):
        make_product(category=category, images=images)
    assert queries_of("/products/") == few <= 8  # one is the session
    assert queries_of("/products/?affordable=1&in_stock=1&q=商品&min=1&sort=points") == few_affordable <= 8
    client.logout()
    client.cookies["django_language"] = "en"
    assert queries_of("/products/") <= 5
    assert queries_of("/products/?q=none-of-these") <= 5
    assert queries_of("/products/?page=2") <= 5


def test_a_page_is_light(client, make_product):
    category = make_product().category
    for _n in range(23):
        make_product(category=category)
    assert len(client.get("/products/").content) < 100_000


def test_list_for_a_member(client, make_product, member):
    make_product(name="便宜", skus=[{"code": "1", "points_price": 1500, "stock": 9}])
    make_product(name="昂贵", skus=[{"code": "2", "points_price": 2820, "stock": 9}])
    assert "1,320 points short" in text_of(client.get("/products/"))
    within = text_of(client.get("/products/?affordable=1"))
    assert "便宜" in within
    assert "昂贵" not in within
    assert "within your 1,500 points" in within


def test_applied_filters_can_be_removed(client, make_product):
    make_product()
    page = client.get("/products/?way=points&min=500&max=15000&in_stock=1").content.decode()
    assert "500–15,000 points" in page
    for left in (
        "min=500&amp;max=15000&amp;in_stock=1",
        "way=points&amp;in_stock=1",
        "way=points&amp;min=500&amp;max=15000",
    ):
        assert f'class="tag" href="?{left}"' in page


def test_nothing_found(client, make_product):
    make_product(name="保温杯")
    page = text_of(client.get("/products/?q=<script>alert(1)</script>"))
    assert "Nothing found" in page
    assert "保温杯" in page
    assert "<script>alert" not in client.get("/products/?q=<script>alert(1)</script>").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "?page=99999999999999999999",
        "?min=-1&max=x",
        "?category=nope",
        "?sort=x&way=y",
        "?q=%25_%27",
    ],
)
def test_odd_addresses(client, make_product, query):
    make_product()
    assert client.get("/products/" + query).status_code == 200


@pytest.mark.parametrize("query", ["", "?sku=abc", "?sku=99999999999999999999", "?sku=-1", "?sku=٣", "?way=cash"])
def test_detail_with_odd_choices(client, make_product, query):
    product = make_product()
    assert "1,000 points" in text_of(detail(client, product, query))


def test_detail_of_a_stranger_leads_to_signing_in(client, make_product):
    product = make_product()
    page = detail(client, product).content.decode()
    assert f"{reverse('account_login')}?next=/products/{product.pk}/" in page
    assert "Redeem now" not in page


def test_detail_of_a_member(client, make_product, member):
    mixed = {"mixed_points": 500, "mixed_fen": 3200}
    product = make_product(
        options=COLOURS,
        parameters=[["材质", "316 不锈钢"]],
        market_price_fen=5900,
        skus=[
            {"code": "A", "options": {"颜色": "奶白"}, "points_price": 1400, "stock": 3, **mixed},
            {"code": "B", "options": {"颜色": "松绿"}, "points_price": 1400, "stock": 0},
        ],
    )
    first, second = product.skus.all()
    response = detail(client, product)
    text, page = text_of(response), response.content.decode()
    assert "No cash. 100 points left afterwards." in text
    assert "1,000 points left afterwards." in text
    assert "Only 3 left" in text
    assert "Market price ¥59" in text
    assert "316 不锈钢" in text
    assert f'name="sku" value="{first.pk}"' in page
    assert re.search(rf'chip--off"\s+href="\?sku={second.pk}"', page)
    assert 'name="now" value="1"' in page
    assert f'action="{reverse("orders:cart_add")}"' in page
    sold_out = detail(client, product, f"?sku={second.pk}").content.decode()
    assert "This choice is sold out" in sold_out
    assert 'name="now"' not in sold_out


def test_too_few_points_for_one_way_choose_the_other(client, make_product, member):
    product = make_product(
        skus=[{"code": "A", "points_price": 1501, "mixed_points": 1500, "mixed_fen": 100, "stock": 9}]
    )
    page = detail(client, product, "?way=points").content.decode()
    assert re.search(r'value="points"\s+disabled', page)
    assert re.search(r'value="mixed" checked', page)
    assert "1 points short." in page
    assert 'name="now" value="1"' in page


def test_not_enough_points_offers_two_ways_on(client, make_product, member):
    product = make_product(skus=[{"code": "A", "points_price": 1600, "stock": 9}])
    response = detail(client, product)
    page = response.content.decode()
    assert "100 points short" in text_of(response)
    assert "affordable=1" in page
    assert reverse("activities:home") in page
    assert 'name="now"' not in page


def test_sold_out(client, make_product, member):
    product = make_product(skus=[{"code": "A", "points_price": 100, "stock": 1}])
    sku = product.skus.get()
    stock.take(lines=[(sku.pk, 1)], key="k", source="", by=STAFF, at=clock.now())
    text = text_of(detail(client, product))
    assert "All pieces are redeemed" in text
    assert "Redeem now" not in text


def test_unlisted_is_gone_from_every_page(client, make_product, member):
    product = make_product(name="旧款")
    products.unlist_product(product=product, by=STAFF, at=clock.now())
    assert "旧款" not in text_of(client.get("/products/"))
    assert "旧款" not in text_of(client.get("/products/?q=nothing"))
    assert "“旧款” is no longer offered" in text_of(detail(client, product, status=404))


def test_what_was_never_listed_has_no_page(client, make_product):
    product = make_product(name="秘密", listed=False)
    response = detail(client, product, status=404)
    assert "There is no such product" in text_of(response)
    assert "秘密" not in response.content.decode()


@pytest.mark.parametrize("pk", ["999999", "9223372036854775808", "99999999999999999999999"])
def test_unknown_products(client, db, pk):
    response = client.get(f"/products/{pk}/")
    assert response.status_code == 404
    assert "There is no such product" in text_of(response)


def test_detail_queries(client, make_product, member, picture):
    product = make_product(
        options=[{"name": "n", "values": [str(n) for n in range(20)]}],
        skus=[{"code": str(n), "options": {"n": str(n)}, "points_price": 1, "stock": 1} for n in range(20)],
        images=[picture((160, 160)) for _n in range(6)],
    )
    detail(client, product)
    with CaptureQueriesContext(connection) as captured:
        detail(client, product)
    assert len(captured) <= 8
    assert len([query for query in captured if "points_account" in query["sql"]]) == 1
