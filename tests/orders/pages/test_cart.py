"""The cart as a member uses it, with forms alone (F2)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import SKU
from catalog.services import products
from catalog.services.stock import UnknownSKU
from orders.models import CartLine
from orders.placing.services import cart
from tests.orders.conftest import STAFF


def test_an_empty_cart(signed_in):
    assert signed_in.get("/cart/").status_code == 200


def test_putting_into_the_cart(signed_in, cup, member):
    sent = {"sku": cup.pk, "way": "points", "quantity": 2}
    response = signed_in.post("/cart/add/", sent)
    assert response.url == cup.product.get_absolute_url()
    signed_in.post("/cart/add/", sent)
    assert CartLine.objects.get().quantity == 4
    signed_in.post("/cart/add/", sent | {"quantity": 99})
    assert CartLine.objects.get().quantity == 99
    signed_in.post("/cart/add/", sent | {"way": "mixed"})
    assert CartLine.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"sku": "x"}, {"sku": 0}, {"sku": 10**30}, {"sku": 999_999}, {"way": "gratis"}, {"way": ""}, {"quantity": 0},
        {"quantity": 100}, {"quantity": -1}, {"quantity": "1e3"}, {"quantity": ""},
    ],
)  # fmt: skip
@pytest.mark.parametrize("now", [{}, {"now": "1"}])
def test_nonsense_is_not_put_into_the_cart(signed_in, cup, wrong, now):
    sent = {"sku": cup.pk, "way": "points", "quantity": 1} | now | wrong
    response = signed_in.post("/cart/add/", sent, follow=True)
    assert response.status_code == 200
    assert [str(message) for message in response.context["messages"]] != []
    assert not CartLine.objects.exists()


def test_a_way_or_product_that_is_not_offered(signed_in, candle, at):
    signed_in.post("/cart/add/", {"sku": candle.pk, "way": "mixed", "quantity": 1})
    products.unlist_product(product=candle.product, by=STAFF, at=at)
    signed_in.post("/cart/add/", {"sku": candle.pk, "way": "points", "quantity": 1})
    assert not CartLine.objects.exists()


def test_the_cart_holds_50_lines(signed_in, make_sku, fill):
    fill(*((make_sku(f"N{n}", points_price=1), "points", 1) for n in range(50)))
    signed_in.post("/cart/add/", {"sku": make_sku("MORE", points_price=1).pk, "way": "points", "quantity": 1})
    assert CartLine.objects.count() == 50


def test_a_stranger_is_asked_to_sign_in(client, cup):
    sent = {"sku": cup.pk, "way": "points", "quantity": 2}
    assert client.post("/cart/add/", sent).url.startswith("/accounts/login/?next=/products/")
    quick = client.post("/cart/add/", sent | {"now": "1"}).url
    assert quick.startswith("/accounts/login/?next=/checkout/")
    assert "quantity%3D2" in quick


def test_no_open_redirect(signed_in, cup):
    sent = {"sku": cup.pk, "way": "points", "quantity": 1, "next": "https://evil.example/"}
    assert signed_in.post("/cart/add/", sent).url == cup.product.get_absolute_url()


def test_changing_lines(signed_in, cup, fill):
    fill((cup, "points", 2))
    line = CartLine.objects.get()
    url = reverse("orders:cart_line", args=[line.pk])
    for sent, expected in [
        ({"quantity": 2, "step": 1}, 3),
        ({"quantity": 3, "step": -1}, 2),
        ({"quantity": 7}, 7),
        ({"quantity": "many"}, 7),
        ({"quantity": 100}, 7),
        ({"quantity": 99, "step": 1}, 7),
    ]:
        assert signed_in.post(url, sent).url == "/cart/"
        line.refresh_from_db()
        assert line.quantity == expected
    signed_in.post(url, {"quantity": 7, "way": "mixed"})
    line.refresh_from_db()
    assert line.way == "mixed"
    signed_in.post(url, {"quantity": 1, "step": -1})
    assert not CartLine.objects.exists()


def test_two_lines_become_one(signed_in, cup, fill):
    fill((cup, "points", 2), (cup, "mixed", 3))
    line = CartLine.objects.get(way="points")
    signed_in.post(reverse("orders:cart_line", args=[line.pk]), {"quantity": 2, "way": "mixed"})
    assert [(line.way, line.quantity) for line in CartLine.objects.all()] == [("mixed", 5)]


def test_a_line_that_another_tab_took_out(signed_in, cup, fill, monkeypatch):
    fill((cup, "points", 2))
    line = CartLine.objects.get()
    honest = cart.change

    def late(**options):
        CartLine.objects.all().delete()
        return honest(**options)

    monkeypatch.setattr(cart, "change", late)
    response = signed_in.post(reverse("orders:cart_line", args=[line.pk]), {"quantity": 3}, follow=True)
    assert [str(message) for message in response.context["messages"]] == [str(cart.LineGone())]
    assert not CartLine.objects.exists()


def test_the_cart_locks_what_it_changes(cup, member, at):
    line = cart.put(member=member, sku_id=cup.pk, way="points", quantity=1, at=at)
    for act in (
        lambda: cart.put(member=member, sku_id=cup.pk, way="points", quantity=1, at=at),
        lambda: cart.change(line=line, way="mixed", quantity=1),
    ):
        with CaptureQueriesContext(connection) as queries:
            act()
        sent = " ".join(query["sql"] for query in queries)
        assert 'FROM "orders_cartline"' in sent
        assert "FOR UPDATE" in sent


def test_drafts_are_not_named(signed_in, make_sku, place):
    draft = make_sku("DRAFT", name="未发布新品", listed=False, points_price=10)
    sent = {"sku": draft.pk, "way": "points", "quantity": 1}
    for now in ({}, {"now": "1"}):
        response = signed_in.post("/cart/add/", sent | now, follow=True)
        assert response.redirect_chain[-1][0] == "/products/"
        assert "未发布新品" not in response.content.decode()
    assert "未发布新品" not in signed_in.get("/checkout/", sent, follow=True).content.decode()
    with pytest.raises(UnknownSKU):
        place((draft, "points", 1))


@pytest.mark.parametrize(("secure", "back"), [(False, "http://testserver/cart/"), (True, None)])
def test_the_way_back_does_not_leave_https(signed_in, cup, secure, back):
    sent = {"sku": cup.pk, "way": "points", "quantity": 1, "next": "http://testserver/cart/"}
    assert signed_in.post("/cart/add/", sent, secure=secure).url == (back or cup.product.get_absolute_url())


def test_removing(signed_in, cup, fill):
    fill((cup, "points", 2))
    signed_in.post(reverse("orders:cart_line", args=[CartLine.objects.get().pk]), {"remove": "1", "quantity": 2})
    assert not CartLine.objects.exists()


def test_another_members_cart_is_not_there(signed_in, cup, make_member, at):
    other = make_member()
    line = cart.put(member=other, sku_id=cup.pk, way="points", quantity=1, at=at)
    assert signed_in.post(reverse("orders:cart_line", args=[line.pk]), {"remove": "1"}).status_code == 404
    assert CartLine.objects.count() == 1
    assert "保温杯" not in signed_in.get("/cart/").content.decode()


def test_a_stale_cart_names_what_cannot_be_had_and_why(signed_in, cup, candle, make_sku, fill, at):
    few = make_sku("FEW", name="只剩几件", points_price=10, stock=2)
    gone = make_sku("GONE", name="兑完了", points_price=10, stock=0)
    fill((cup, "mixed", 1), (candle, "points", 1), (few, "points", 3), (gone, "points", 1))
    products.unlist_product(product=candle.product, by=STAFF, at=at)
    SKU.objects.filter(pk=cup.pk).update(mixed_points=None, mixed_fen=None)
    basket = signed_in.get("/cart/").context["basket"]
    assert basket.available == []
    assert len({line.problem for line in basket.unavailable}) == 4
    html = signed_in.get("/cart/").content.decode()
    assert all(name in html for name in ("保温杯", "香薰蜡烛", "只剩几件", "兑完了"))
    assert signed_in.get("/checkout/").url == "/cart/"


def test_pages_of_the_cart_have_a_constant_number_of_queries(signed_in, make_sku, fill, django_assert_max_num_queries):
    fill(*((make_sku(f"N{n}", points_price=1), "points", 1) for n in range(12)))
    for path in ("/cart/", "/checkout/"):
        signed_in.get(path)
        with django_assert_max_num_queries(12):
            signed_in.get(path)
