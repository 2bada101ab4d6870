"""A member's own orders: the list, the page of each, cancelling, receiving (F3)."""

import pytest
from django.urls import reverse

from core import actors
from orders.models import Carrier, OrderState
from orders.payments import KNOWN
from orders.placing.services import cancelling
from orders.shipping.services import shipping
from points.ledger.queries import balance
from tests.orders.pages.conftest import BY


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
