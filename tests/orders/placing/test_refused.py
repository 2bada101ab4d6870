"""Every way in which an order is refused, and that nothing is left of it (F1, F2, F3)."""

import pytest
from django.db import IntegrityError, transaction

from catalog.models import SKU
from catalog.prices import WayNotOffered
from catalog.services import products
from catalog.services.stock import NotListed, SoldOut, UnknownSKU
from core import actors
from core.errors import InvalidInput
from orders import payments
from orders.models import CartLine, Order, OrderState
from orders.placing.queries.basket import basket_of_choices
from orders.placing.rules import pricing
from orders.placing.services import cancelling, cart, new_order, placing
from points import ledger
from points.ledger.queries import balance
from tests.orders.conftest import STAFF
from tests.orders.placing.conftest import nothing_happened, stock_of


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, "2", None])
def test_quantities_out_of_range(place, cup, member, at, quantity):
    with pytest.raises(InvalidInput):
        place((cup, "points", quantity))
    nothing_happened(member, cup, at)


def test_quantity_bounds(place, make_sku):
    sku = make_sku("CHEAP", points_price=1, stock=200)
    assert place((sku, "points", 1)).points == 1
    assert place((sku, "points", 99)).points == 99


def test_a_line_twice_is_refused(place, cup, member, at):
    with pytest.raises(InvalidInput):
        place((cup, "points", 1), (cup, "points", 1))
    nothing_happened(member, cup, at)


def test_nothing_is_no_order(place, cup, member, at):
    with pytest.raises(placing.EmptyCart):
        place()
    nothing_happened(member, cup, at)


def test_at_most_50_lines(place, make_sku, member, at, cup):
    skus = [make_sku(f"N{n}", points_price=1) for n in range(51)]
    with pytest.raises(placing.TooManyLines):
        place(*((sku, "points", 1) for sku in skus))
    nothing_happened(member, cup, at)
    assert place(*((sku, "points", 1) for sku in skus[:50])).points == 50


def test_not_enough_points(place, cup, member, at):
    with pytest.raises(ledger.NotEnoughPoints) as refused:
        place((cup, "points", 6))
    assert (refused.value.details["needed"], refused.value.details["available"]) == (6000, 5000)
    nothing_happened(member, cup, at)


@pytest.mark.parametrize("points", [999, 1000, 1001])
def test_just_enough_points(make_member, place, cup, at, points):
    buyer = make_member(points=points)

    def buy():
        return place((cup, "points", 1), member=buyer, address=buyer.addresses.get())

    if points < 1000:
        with pytest.raises(ledger.NotEnoughPoints):
            buy()
    else:
        buy()
        assert balance(buyer.pk, at=at).available == points - 1000


def test_held_points_cannot_be_spent_again(place, cup, candle, member, at):
    place((cup, "mixed", 8))  # holds 3,200 of 5,000
    with pytest.raises(ledger.NotEnoughPoints):
        place((candle, "points", 1))
    assert balance(member.pk, at=at).available == 1800


@pytest.mark.parametrize(("stock", "ok"), [(1, False), (2, True), (3, True)])
def test_the_last_pieces(place, make_sku, member, at, stock, ok):
    sku = make_sku("LAST", points_price=10, stock=stock)
    if ok:
        place((sku, "points", 2))
        assert stock_of(sku) == stock - 2
    else:
        with pytest.raises(SoldOut):
            place((sku, "points", 2))
        nothing_happened(member, sku, at, stock=stock)


def test_one_sold_out_line_keeps_everything_back(place, cup, make_sku, member, at):
    gone = make_sku("GONE", points_price=10, stock=0)
    with pytest.raises(SoldOut):
        place((cup, "points", 1), (gone, "points", 1))
    nothing_happened(member, cup, at)


def test_an_unlisted_product(place, cup, member, at):
    products.unlist_product(product=cup.product, by=STAFF, at=at)
    with pytest.raises(NotListed) as refused:
        place((cup, "points", 1))
    assert "保温杯" in str(refused.value)
    nothing_happened(member, cup, at)


def test_an_unknown_sku(place, cup, member, at):
    cup.pk = 10**12
    with pytest.raises(UnknownSKU):
        place((cup, "points", 1))


def test_a_way_that_is_not_offered(place, candle, member, at):
    for way in ("mixed", "gratis"):
        with pytest.raises(WayNotOffered):
            place((candle, way, 1))
    nothing_happened(member, candle, at)


def test_a_stale_sum_stops_it(place, cup, member, at):
    shown = basket_of_choices(member, [pricing.Choice(cup.pk, "points", 1)], at=at).priced.digest
    cup.points_price = 900
    products.save_product(product=cup.product, skus=[cup], by=STAFF, at=at)
    with pytest.raises(placing.PriceChanged) as refused:
        place((cup, "points", 1), expected=shown)
    nothing_happened(member, cup, at)
    new = refused.value.details["priced"]
    assert new.points == 900
    assert place((cup, "points", 1), expected=new.digest).points == 900


def test_the_address_must_be_the_members(place, cup, make_member, member, at):
    stranger = make_member(points=0)
    for address in (None, stranger.addresses.get()):
        with pytest.raises(placing.AddressMissing):
            place((cup, "points", 1), address=address)
    nothing_happened(member, cup, at)


def test_cash_needs_a_provider_that_is_offered(place, cup, member, at, settings):
    with pytest.raises(placing.PaymentWayMissing):
        place((cup, "mixed", 1), provider=None)
    with pytest.raises(payments.UnknownProvider):
        place((cup, "mixed", 1), provider="goldbars")
    settings.PAYMENT_PROVIDERS = []
    with pytest.raises(payments.UnknownProvider):
        place((cup, "mixed", 1))
    nothing_happened(member, cup, at)


def test_points_alone_need_no_provider(place, cup, settings):
    settings.PAYMENT_PROVIDERS = []
    assert place((cup, "points", 1), provider=None).state == OrderState.TO_SHIP


@pytest.mark.parametrize(("stock", "error"), [(0, placing.EmptyCart), (9, ledger.NotEnoughPoints)])
def test_a_refusal_leaves_the_cart(place, make_sku, member, at, stock, error):
    gone = make_sku("GONE", points_price=10_000, stock=stock)
    cart.put(member=member, sku_id=gone.pk, way="points", quantity=1, at=at)
    with pytest.raises(error):
        place(from_cart=True)
    assert CartLine.objects.count() == 1


def test_a_shelf_that_empties_meanwhile_leaves_the_cart(place, cup, member, at, monkeypatch):
    cart.put(member=member, sku_id=cup.pk, way="points", quantity=1, at=at)
    write = new_order.write

    def others_are_faster(*args, **options):
        SKU.objects.filter(pk=cup.pk).update(stock=0)
        return write(*args, **options)

    monkeypatch.setattr(new_order, "write", others_are_faster)
    with pytest.raises(SoldOut):
        place(from_cart=True)
    assert CartLine.objects.count() == 1
    assert not Order.objects.exists()


def test_the_database_refuses_nonsense(place, cup):
    order = place((cup, "mixed", 1))
    for wrong in ({"cash_fen": 0, "points": 0}, {"state": "lost"}, {"cash_fen": 999_999}, {"pay_before": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(**wrong)


def test_a_member_holds_no_more_than_so_many_unpaid_orders(place, make_member, cup, parameters, at):
    parameters["orders.max_unpaid"] = 2
    first, _second = place((cup, "mixed", 1)), place((cup, "mixed", 1))
    with pytest.raises(placing.TooManyUnpaid):
        place((cup, "mixed", 1))
    assert stock_of(cup) == 8
    assert place((cup, "mixed", 1), form_key=first.form_key) == first
    place((cup, "points", 1))  # nothing to pay
    other = make_member()
    place((cup, "mixed", 1), member=other, address=other.addresses.get())
    cancelling.cancel_order(order=first, by=actors.system("test"), at=at)
    place((cup, "mixed", 1))
