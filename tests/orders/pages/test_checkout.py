"""Checkout as a member uses it, with forms alone (F2, F3)."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from catalog.models import SKU
from catalog.prices import Price
from catalog.services import products
from orders.models import CartLine, Order, OrderState
from orders.placing.rules.pricing import Choice, Goods, PricingFacts, price_order
from orders.placing.services import cart, placing
from points.ledger.queries import balance
from tests.orders.conftest import STAFF, give
from tests.orders.pages.conftest import form_of, hidden


def test_redeeming_the_cart_with_points_alone(signed_in, cup, candle, fill, member, at):
    fill((cup, "points", 1), (candle, "points", 1))
    response = signed_in.get("/checkout/")
    html = response.content.decode()
    assert "3,300" in html
    assert "1,700" in html  # what remains
    assert "138 **** 0001" in html
    response = signed_in.post("/checkout/", form_of(response, note="放门口"))
    order = Order.objects.get()
    assert response.url == f"/orders/{order.number}/"
    assert (order.points, order.state, order.note) == (3300, OrderState.TO_SHIP, "放门口")
    assert not CartLine.objects.exists()
    assert "保温杯" in signed_in.get(response.url).content.decode()


def test_quick_redemption_leaves_the_cart_alone(signed_in, cup, candle, fill):
    fill((candle, "points", 1))
    response = signed_in.post("/cart/add/", {"sku": cup.pk, "way": "mixed", "quantity": 2, "now": "1"})
    url = response.url
    assert url.startswith("/checkout/?")
    page = signed_in.get(url)
    assert "64" in page.content.decode()
    response = signed_in.post(url, form_of(page))
    order = Order.objects.get()
    assert response.url == f"/orders/{order.number}/pay/"
    assert (order.points, order.cash_fen, order.state) == (800, 6400, OrderState.PENDING_PAYMENT)
    assert CartLine.objects.get().sku == candle
    assert signed_in.get(response.url).url.startswith("/sandbox/pay/")


def test_posting_the_same_form_twice(signed_in, cup, fill, member, at):
    fill((cup, "points", 1))
    sent = form_of(signed_in.get("/checkout/"))
    first, again = (signed_in.post("/checkout/", sent) for _n in range(2))
    assert first.url == again.url
    assert Order.objects.count() == 1
    assert balance(member.pk, at=at).available == 4000


def test_a_changed_price_stops_and_shows_the_new_sum(signed_in, cup, fill, at):
    fill((cup, "points", 1))
    sent = form_of(signed_in.get("/checkout/"))
    cup.points_price = 1250
    products.save_product(product=cup.product, skus=[cup], by=STAFF, at=at)
    response = signed_in.post("/checkout/", sent | {"note": "放门口"})
    assert response.status_code == 409
    html = response.content.decode()
    assert "1,250" in html
    assert "放门口" in html
    assert 'role="alert"' in html
    assert not Order.objects.exists()
    assert CartLine.objects.exists()
    assert signed_in.post("/checkout/", form_of(response)).status_code == 302
    assert Order.objects.get().points == 1250


def test_the_client_cannot_name_a_price(signed_in, cup, fill):
    fill((cup, "points", 1))
    sent = form_of(signed_in.get("/checkout/")) | {"points": "1", "total": "1", "price": "1", "cash_fen": "0"}
    signed_in.post("/checkout/", sent)
    assert Order.objects.get().points == 1000
    fake = price_order(PricingFacts((Goods(Choice(cup.pk, "points", 1), Price(1)),))).digest
    fill((cup, "points", 1))
    assert signed_in.post("/checkout/", form_of(signed_in.get("/checkout/"), quote=fake)).status_code == 409


def test_what_was_sold_out_meanwhile_stops_it(signed_in, cup, candle, fill):
    fill((cup, "points", 1), (candle, "points", 1))
    sent = form_of(signed_in.get("/checkout/"))
    SKU.objects.filter(pk=candle.pk).update(stock=0)
    response = signed_in.post("/checkout/", sent)
    assert response.status_code == 409
    assert not Order.objects.exists()


def test_not_enough_points_offers_honest_ways_on(client, make_member, cup, at):
    poor = make_member(points=600)
    client.force_login(poor)
    cart.put(member=poor, sku_id=cup.pk, way="points", quantity=1, at=at)
    response = client.get("/checkout/")
    html = response.content.decode()
    assert response.context["short"] == 400
    assert "/activities/" in html
    (way,) = response.context["ways_out"]
    assert way["enough"]
    line = CartLine.objects.get()
    back = client.post(
        reverse("orders:cart_line", args=[line.pk]), {"quantity": 1, "way": "mixed", "next": "/checkout/"}
    )
    assert back.url == "/checkout/"
    assert client.get("/checkout/").context["short"] == 0
    # Whoever posts all the same is refused, and nothing is written.
    client.post(reverse("orders:cart_line", args=[line.pk]), {"quantity": 1, "way": "points"})
    response = client.post("/checkout/", form_of(client.get("/checkout/")))
    assert response.status_code == 409
    assert not Order.objects.exists()


def test_checkout_without_an_address(signed_in, member, cup, fill):
    member.addresses.all().delete()
    fill((cup, "points", 1))
    response = signed_in.get("/checkout/")
    assert "/accounts/addresses/add/?next=%2Fcheckout%2F" in response.content.decode()
    response = signed_in.post("/checkout/", form_of(response))
    assert response.status_code == 409
    assert not Order.objects.exists()


def test_what_another_tab_took_out_of_the_cart_is_not_redeemed(signed_in, cup, candle, fill, member, at, monkeypatch):
    fill((cup, "points", 1), (candle, "points", 1))
    sent = form_of(signed_in.get("/checkout/"))
    honest = placing.place_order

    def late(**options):
        CartLine.objects.filter(sku=candle).delete()  # between the look at the cart and the order
        return honest(**options)

    monkeypatch.setattr(placing, "place_order", late)
    response = signed_in.post("/checkout/", sent)
    assert response.status_code == 409
    assert not Order.objects.exists()
    assert "香薰蜡烛" not in response.content.decode()
    assert signed_in.post("/checkout/", form_of(response)).status_code == 302
    assert Order.objects.get().points == 1000


def test_another_members_address(signed_in, make_member, cup, fill):
    fill((cup, "points", 1))
    foreign = make_member().addresses.get()
    response = signed_in.post("/checkout/", form_of(signed_in.get("/checkout/"), address=foreign.pk))
    assert response.status_code == 409
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"form_key": "x"}, {"form_key": ""}, {"quote": ""}, {"quote": "x" * 17}, {"address": "x"}, {"note": "长" * 201}],
)
def test_a_form_that_is_not_ours(signed_in, cup, fill, wrong):
    fill((cup, "points", 1))
    response = signed_in.post("/checkout/", form_of(signed_in.get("/checkout/")) | wrong)
    assert response.status_code == 409
    assert not Order.objects.exists()
    assert uuid.UUID(hidden(response.content.decode(), "form_key"))


@pytest.mark.parametrize("query", ["sku=x", "sku=1&way=points", "sku=999999&way=points&quantity=1", "quantity=-1"])
def test_a_quick_redemption_of_nothing(signed_in, query):
    assert signed_in.get(f"/checkout/?{query}").url == "/cart/"


@pytest.mark.parametrize("query", ["sku={}", "sku={}&way=points", "sku={}&way=points&quantity=100", "way=points"])
def test_a_choice_that_is_none_never_becomes_the_whole_cart(signed_in, cup, candle, fill, query):
    fill((candle, "points", 1))
    sent = form_of(signed_in.get("/checkout/"))
    url = f"/checkout/?{query.format(cup.pk)}"
    for response in (signed_in.get(url), signed_in.post(url, sent)):
        assert response.url == "/cart/"
    assert not Order.objects.exists()
    assert len(signed_in.get("/cart/").context["messages"]) == 2


def test_which_points_go_first_is_said(signed_in, cup, member, fill, at):
    give(member, 300, at=at, expires_in=timedelta(days=5))
    fill((cup, "points", 1))
    used = signed_in.get("/checkout/").context["used"]
    assert used.index("300") < used.index("700")
