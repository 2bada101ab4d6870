"""Cart, checkout and orders as a member uses them, with forms alone (F2, F3)."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from catalog.models import SKU
from catalog.prices import Price
from catalog.services import products
from catalog.services.stock import UnknownSKU
from core import actors
from orders.models import Carrier, CartLine, Order, OrderState
from orders.payments import KNOWN
from orders.placing.rules.pricing import Choice, Goods, PricingFacts, price_order
from orders.placing.services import cancelling, cart, placing
from orders.shipping.services import shipping
from points.ledger.queries import balance
from tests.orders.conftest import STAFF, give

BY = actors.system("test")


def hidden(html, name):
    return re.search(rf'name="{name}" value="([^"]*)"', html).group(1)


def form_of(response, **changes):
    """What a browser would send from the checkout page."""
    html = response.content.decode()
    sent = {name: hidden(html, name) for name in ("form_key", "quote") if f'name="{name}"' in html}
    if 'name="address"' in html:
        sent["address"] = hidden(html, "address")
    if 'name="provider"' in html:
        sent["provider"] = hidden(html, "provider")
    return sent | changes


@pytest.fixture
def fill(member, at):
    def do(*lines):
        for sku, way, quantity in lines:
            cart.put(member=member, sku_id=sku.pk, way=way, quantity=quantity, at=at)

    return do


# Cart


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


# Checkout


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


# Orders


def test_the_list_and_its_filters(signed_in, place, cup):
    paid, unpaid = place((cup, "points", 1)), place((cup, "mixed", 1))
    html = signed_in.get("/orders/").content.decode()
    assert paid.number in html
    assert unpaid.number in html
    html = signed_in.get("/orders/?state=pending_payment").content.decode()
    assert unpaid.number in html
    assert paid.number not in html
    for odd in ("?state=lost", "?page=99", "?page=x", "?state=completed"):
        assert signed_in.get(f"/orders/{odd}").status_code == 200


def test_the_list_has_a_constant_number_of_queries(signed_in, place, cup, django_assert_max_num_queries):
    for _n in range(5):
        place((cup, "points", 1))
    signed_in.get("/orders/")
    with django_assert_max_num_queries(11):
        signed_in.get("/orders/")


def test_another_members_order_is_not_there(signed_in, place, make_member, cup):
    other = make_member()
    order = place((cup, "mixed", 1), member=other, address=other.addresses.get())
    base = f"/orders/{order.number}/"
    assert signed_in.get(base).status_code == 404
    assert signed_in.get(f"{base}paid/").status_code == 404
    for act in ("cancel", "received", "pay"):
        assert signed_in.post(f"{base}{act}/").status_code == 404
    assert order.number not in signed_in.get("/orders/").content.decode()
    order.refresh_from_db()
    assert order.state == OrderState.PENDING_PAYMENT
    assert signed_in.get("/orders/20261120000000/").status_code == 404


def test_the_member_cancels(signed_in, place, cup, member, at):
    order = place((cup, "points", 1))
    assert "/cancel/" in signed_in.get(f"/orders/{order.number}/").content.decode()
    response = signed_in.post(f"/orders/{order.number}/cancel/", follow=True)
    html = response.content.decode()
    assert "1,000" in html
    order.refresh_from_db()
    assert (order.state, order.moves.last().by) == (OrderState.CANCELLED, actors.member(member.pk))
    assert signed_in.post(f"/orders/{order.number}/cancel/").status_code == 302
    assert balance(member.pk, at=at).available == 5000


def test_a_shipped_order_shows_its_parcel_and_is_received(signed_in, place, cup, at):
    shipping.ensure_carriers()
    order = place((cup, "points", 1))
    response = signed_in.post(f"/orders/{order.number}/received/", follow=True)
    assert [str(message) for message in response.context["messages"]] != []
    shipping.ship_order(order=order, carrier=Carrier.objects.first(), tracking_number="SF138204471", by=BY, at=at)
    html = signed_in.get(f"/orders/{order.number}/").content.decode()
    assert "SF138204471" in html
    assert "/cancel/" not in html
    response = signed_in.post(f"/orders/{order.number}/cancel/", follow=True)
    assert [str(message) for message in response.context["messages"]] != []
    signed_in.post(f"/orders/{order.number}/received/")
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    assert signed_in.get(f"/orders/{order.number}/").status_code == 200


def test_pages_of_every_state(signed_in, place, cup, at):
    shipping.ensure_carriers()
    unpaid, cancelled = place((cup, "mixed", 1)), place((cup, "mixed", 1))
    cancelling.cancel_order(order=cancelled, by=BY, at=at, reason="缺货")
    assert f"/orders/{unpaid.number}/pay/" in signed_in.get(f"/orders/{unpaid.number}/").content.decode()
    html = signed_in.get(f"/orders/{cancelled.number}/").content.decode()
    assert "缺货" in html
    assert "400" in html
    for number in (unpaid.number, cancelled.number):
        assert signed_in.get(f"/orders/{number}/").status_code == 200


def test_the_note_is_shown_as_text(signed_in, place, cup):
    order = place((cup, "points", 1), note="<script>alert(1)</script>")
    assert "<script>alert" not in signed_in.get(f"/orders/{order.number}/").content.decode()


def test_the_cart_is_counted_for_the_bar(member, cup, candle, fill, client):
    from django.contrib.auth.models import AnonymousUser

    from orders.placing.queries.basket import cart_count

    assert cart_count(AnonymousUser()) == 0
    assert cart_count(member) == 0
    fill((cup, "points", 2), (candle, "points", 1))
    assert cart_count(member) == 3


@pytest.mark.parametrize(("providers", "shown"), [(["sandbox"], False), (["alipay", "sandbox"], True)])
def test_another_way_to_pay_is_a_link_while_the_order_is_payable(
    signed_in, place, cup, monkeypatch, at, providers, shown
):
    order = place((cup, "mixed", 1))
    monkeypatch.setattr(
        "orders.pages.views.payments.offered", lambda device=None: [KNOWN[code]() for code in providers]
    )
    ways = reverse("orders:pay_ways", args=[order.number])
    assert (ways in signed_in.get(order.get_absolute_url()).content.decode()) is shown
    cancelling.cancel_order(order=order, by=BY, at=at)
    assert ways not in signed_in.get(order.get_absolute_url()).content.decode()


def test_back_and_another_address_is_no_silent_first_order(signed_in, cup, member, at):
    url = f"/checkout/?sku={cup.pk}&way=points&quantity=1"
    sent = form_of(signed_in.get(url))
    first = Order.objects.get(number=signed_in.post(url, sent).url.split("/")[2])
    refused = signed_in.post(url, sent | {"note": "放门口"})
    assert refused.status_code == 409
    assert first.get_absolute_url() in refused.content.decode()
    assert refused.context["note"] == "放门口"
    assert Order.objects.count() == 1
    onwards = form_of(refused, note="放门口", known=hidden(refused.content.decode(), "known"))
    assert onwards["form_key"] != sent["form_key"]
    assert signed_in.post(url, onwards).status_code == 302
    assert Order.objects.count() == 2


def test_back_to_a_cart_that_was_ordered_leads_to_the_order(signed_in, cup, fill):
    fill((cup, "points", 1))
    sent = form_of(signed_in.get("/checkout/"))
    first = signed_in.post("/checkout/", sent)
    assert signed_in.post("/checkout/", sent).url == first.url
    refused = signed_in.post("/checkout/", sent | {"note": "放门口"}, follow=True)
    assert refused.redirect_chain[-1][0] == first.url
    assert Order.objects.get().number in next(str(each) for each in refused.context["messages"])


def test_tapping_redeem_again_asks_first(signed_in, cup, fill):
    """Back gives a new form with a new key."""
    url = f"/checkout/?sku={cup.pk}&way=points&quantity=1"
    first = signed_in.post(url, form_of(signed_in.get(url))).url
    fill((cup, "points", 2))
    for again in (url, "/checkout/"):
        asked = signed_in.post(again, form_of(signed_in.get(again)))
        assert asked.status_code == 409
        assert first in asked.content.decode()
        assert Order.objects.count() == 1
    known = hidden(asked.content.decode(), "known")
    assert signed_in.post("/checkout/", form_of(asked, known=known)).status_code == 302
    assert Order.objects.count() == 2


# What happens between the page and its form


def last_of(cup, *, stock):
    SKU.objects.filter(pk=cup.pk).update(stock=stock)
    return f"/checkout/?sku={cup.pk}&way=points&quantity=2"


def test_the_last_piece_twice_by_one_form_leads_to_its_order(signed_in, cup):
    url = last_of(cup, stock=2)
    sent = form_of(signed_in.get(url))
    first = signed_in.post(url, sent)
    assert signed_in.post(url, sent).url == first.url
    assert Order.objects.count() == 1


@pytest.mark.parametrize(("stock", "left"), [(0, 2), (1, 1)])
def test_sold_out_on_submit_keeps_what_was_typed(signed_in, cup, stock, left):
    url = last_of(cup, stock=2)
    sent = form_of(signed_in.get(url), note="放门口")
    last_of(cup, stock=stock)
    gone = signed_in.post(url, sent)
    html = gone.content.decode()
    assert gone.status_code == 409
    assert gone.context["line"].problem in html
    assert hidden(html, "note") == "放门口"
    assert f"quantity={left}" in gone.context["again"]
    last_of(cup, stock=1)
    cache.clear()  # the shelf's refusal is remembered for some seconds
    again = signed_in.post(
        gone.context["again"].replace("quantity=2", "quantity=1"),
        {"form_key": hidden(html, "form_key"), "note": hidden(html, "note"), "quote": "-", "update": "1"},
    )
    assert again.context["note"] == "放门口"
    assert not Order.objects.exists()


def test_a_look_at_what_is_sold_out_has_kept_nothing(signed_in, cup):
    gone = signed_in.get(last_of(cup, stock=0))
    html = gone.content.decode()
    assert gone.status_code == 409
    assert "没有扣除任何积分或现金。" in html
    assert "填写的内容还在" not in html


def test_a_way_that_was_never_offered_is_no_choice(signed_in, cup):
    """Whoever sent a form for it is told that it is not offered any more, and keeps what was typed."""
    sent = form_of(signed_in.get(f"/checkout/?sku={cup.pk}&way=points&quantity=1"), note="放门口")
    url = f"/checkout/?sku={cup.pk}&way=cash&quantity=1"
    looked = signed_in.get(url)
    assert looked.url == "/cart/"
    assert "没有这个选项" in str(next(iter(get_messages(looked.wsgi_request))))
    kept = signed_in.post(url, sent)
    assert kept.status_code == 409
    assert "填写的内容还在" in kept.content.decode()


def test_a_change_of_wishes_sent_at_once_says_so(signed_in, make_sku, make_member, member):
    lamp = make_sku("LAMP", cash_fen=5000)
    url = f"/checkout/?sku={lamp.pk}&way=cash&quantity=1"
    page = signed_in.get(url)
    sent = form_of(page, shown=hidden(page.content.decode(), "shown"))
    with translation.override("en"):
        changed = signed_in.post(url, sent | {"deduct": "1000"}, headers={"accept-language": "en"})
    assert changed.status_code == 409
    assert "chosen" in str(changed.context["error"]) or "所选" in str(changed.context["error"])
    assert changed.context["changes"]
    assert not Order.objects.exists()


def test_a_form_that_came_without_a_session_waits_for_its_member(client, member, make_member, cup):
    url = f"/checkout/?sku={cup.pk}&way=points&quantity=1"
    client.force_login(member)
    page = client.get(url)
    sent = form_of(page, note="放门口", shown=hidden(page.content.decode(), "shown"))
    client.logout()
    asked = client.post(url, sent)
    assert asked.url.startswith("/accounts/login/?next=/checkout/")
    assert not Order.objects.exists()
    client.force_login(member)
    back = client.get(url)
    assert back.context["note"] == "放门口"
    assert str(back.context["form_key"]) == sent["form_key"]
    assert len(list(back.context["messages"])) == 1
    assert client.get(url).context["note"] == ""
    assert client.post(url, form_of(back, note="放门口")).status_code == 302


def test_a_kept_form_is_no_other_members(client, member, make_member, cup):
    url = f"/checkout/?sku={cup.pk}&way=points&quantity=1"
    client.force_login(member)
    page = client.get(url)
    sent = form_of(page, note="放门口", shown=hidden(page.content.decode(), "shown"))
    client.logout()
    client.post(url, sent)
    client.force_login(make_member())
    assert client.get(url).context["note"] == ""
    assert client.post(url, {"note": "x", "shown": "forged"}).status_code == 409
