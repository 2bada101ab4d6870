"""What a settlement does beside the money: coupons, shelves, words for the member; all or nothing (F10)."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import translation

from catalog.models import SKU
from core.models import OutboxMessage
from orders.after_sale.services import settling
from orders.lifecycle.wording import returned_parts
from orders.models import PaymentRefund
from orders.pages.queries.standing import Standing, standing
from orders.pages.wording import headline
from orders.payments.queries.refunds import refunds_of
from orders.payments.services import paying
from orders.placing.services import cancelling
from tests.orders.after_sale.conftest import STAFF, all_adds_up, available, settle


def test_the_coupon_comes_back_when_all_that_was_paid_did(shipped, cup, ask, at, monkeypatch):
    given = []
    monkeypatch.setattr(settling.coupons, "give_back", lambda **options: given.append(options["order"]) or [])
    order = shipped((cup, "points", 1))
    (item,) = order.items.all()
    settle(ask(order, kind="refund"), at, {item.pk: (400, 0)})
    assert not given
    settle(ask(order, kind="refund"), at, {item.pk: (600, 0)})
    assert given == [order]


def test_an_order_of_which_all_came_back_is_not_on_its_way(shipped, cup, returned, signed_in, at):
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    for settled in (False, True):
        settle(returned(order, pieces={item.pk: 1}), at)
        page = signed_in.get(order.get_absolute_url())
        listed = signed_in.get("/orders/").context["page"][0]
        assert standing(order).settled == settled
        assert (page.context["receipt_due"] is None) == settled
        assert listed.headline == headline(order, at=at, standing=Standing(settled=settled))[0]


def test_a_refused_refund_is_not_said_to_go_back(shipped, cup, returned, signed_in, at):
    request = settle(returned(shipped((cup, "mixed", 1))), at)
    for state, word in [("underway", "goes back the way"), ("refused", "could not go back"), ("done", "went back")]:
        is_open, is_done = state == "underway", state == "done"
        PaymentRefund.objects.update(
            state=state, done_at=at if is_done else None, next_ask_at=at if is_open else None,
            look_since=at if state == "refused" else None,
        )  # fmt: skip
        with translation.override("en"):
            (cash,) = returned_parts(request, refunds_of(request))[1:]
        assert word in cash
        assert signed_in.get(request.get_absolute_url()).status_code == 200


def test_damaged_pieces_do_not_go_to_the_shelf(shipped, cup, returned, at):
    request = settle(returned(shipped((cup, "points", 1))), at, stock_back="damaged")
    assert request.stock_back == "damaged"
    assert SKU.objects.get(pk=cup.pk).stock == 9
    all_adds_up()


def test_points_whose_lot_has_ended_get_grace_and_the_member_reads_it(shipped, cup, member, returned, at):
    order = shipped((cup, "points", 1))
    late = at + timedelta(days=91)
    request = settle(returned(order), late)
    (part,) = request.returned["parts"]
    assert part["points"] == 1000
    assert available(member, late) == 1000
    (sentence,) = returned_parts(request)
    assert "1,000" in sentence


def test_the_coupon_comes_back_with_the_last_piece(shipped, cup, returned, at, monkeypatch):
    given = []
    monkeypatch.setattr(settling.coupons, "give_back", lambda **options: given.append(options["order"]) or [])
    order = shipped((cup, "points", 2))
    (item,) = order.items.all()
    settle(returned(order, pieces={item.pk: 1}), at)
    assert given == []
    settle(returned(order, pieces={item.pk: 1}), at)
    assert given == [order]


def test_a_small_refund_gives_no_coupon_back(shipped, cup, returned, ask, at, monkeypatch):
    given = []
    monkeypatch.setattr(settling.coupons, "give_back", lambda **options: given.append(options["order"]) or [])
    order = shipped((cup, "mixed", 2))
    (item,) = order.items.all()
    settle(ask(order, kind="refund", pieces={item.pk: 1}), at, {item.pk: (0, 100)})
    settle(returned(order, pieces={item.pk: 1}), at)
    assert given == []


def test_a_refund_of_all_that_was_paid_gives_the_coupon_back(shipped, cup, ask, at, monkeypatch):
    given = []
    monkeypatch.setattr(settling.coupons, "give_back", lambda **options: given.append(options["order"]) or [])
    order = shipped((cup, "mixed", 2))
    settle(ask(order, kind="refund"), at)
    assert given == [order]


@pytest.mark.parametrize("step", ["refund_part", "refund_points", "restock", "publish", "tell"])
def test_a_settlement_that_breaks_anywhere_leaves_nothing_and_is_tried_again(
    shipped, cup, member, returned, at, wire, monkeypatch, step
):
    order = shipped((cup, "mixed", 1))
    request = returned(order)
    module, name = {
        "refund_part": (paying, "refund_part"),
        "refund_points": (settling.giving_back, "refund_points"),
        "restock": (settling.stock, "give_back"),
        "publish": (settling.giving_back, "publish_refunded"),
        "tell": (settling.notices, "tell"),
    }[step]

    def breaks(*args, **options):
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as broken:
        broken.setattr(module, name, breaks)
        with pytest.raises(RuntimeError), transaction.atomic():
            settle(request, at)
    request.refresh_from_db()
    assert request.state == "received"
    assert not PaymentRefund.objects.exists()
    assert not OutboxMessage.objects.filter(topic="order.refunded").exists()
    assert available(member, at) == 4600
    assert SKU.objects.get(pk=cup.pk).stock == 9
    settle(request, at)
    assert (available(member, at), SKU.objects.get(pk=cup.pk).stock) == (5000, 10)
    all_adds_up()


def test_a_cancelled_paid_order_tells_what_was_paid_back(place, cup, candle, at, wire):
    order = place((cup, "mixed", 2), (candle, "points", 1))
    paying.settle(payment_id=order.payments.get().pk, outcome="paid", provider_id="P1", by=STAFF, at=at)
    cancelling.cancel_order(order=order, by=STAFF, at=at)
    message = OutboxMessage.objects.get(topic="order.refunded")
    assert message.payload["lines"] == [["home", 6400]]
    unpaid = place((cup, "mixed", 1))
    cancelling.cancel_order(order=unpaid, by=STAFF, at=at)
    free = place((cup, "points", 1))
    cancelling.cancel_order(order=free, by=STAFF, at=at)
    assert OutboxMessage.objects.filter(topic="order.refunded").count() == 1
