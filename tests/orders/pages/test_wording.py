"""The sentences on order pages (F3)."""

from datetime import timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from django.utils import translation

from core import clock
from orders.after_sale.wording import case_headline
from orders.lifecycle.states import payable
from orders.lifecycle.wording import last_day, returned_parts
from orders.models import (
    AfterSale,
    AfterSaleKind,
    AfterSaleState,
    Order,
    OrderState,
    Payment,
    PaymentRefund,
    PaymentState,
)
from orders.models.payment import RefundState
from orders.pages.queries.standing import Standing
from orders.pages.wording import headline, payment_notice, steps

NOW = clock.now()


def an_order(**fields):
    return Order(**{"placed_at": NOW, "pay_before": None, "points": 1000} | fields)


@pytest.mark.parametrize(
    ("left", "minutes"),
    [
        (timedelta(minutes=30), "30"),
        (timedelta(minutes=29, seconds=1), "30"),
        (timedelta(minutes=29), "29"),
        (timedelta(seconds=1), "1"),
    ],
)
def test_the_time_left_to_pay(left, minutes):
    title, _detail = headline(an_order(state=OrderState.PENDING_PAYMENT, pay_before=NOW + left), at=NOW)
    assert minutes in title


def test_the_time_to_pay_is_over():
    title, _detail = headline(an_order(state=OrderState.PENDING_PAYMENT, pay_before=NOW), at=NOW)
    assert not any(sign.isdigit() for sign in title)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (OrderState.PENDING_PAYMENT, ["now", "later", "later", "later"]),
        (OrderState.TO_SHIP, ["done", "now", "later", "later"]),
        (OrderState.PARTLY_SHIPPED, ["done", "done", "now", "later"]),
        (OrderState.SHIPPED, ["done", "done", "now", "later"]),
        (OrderState.COMPLETED, ["done", "done", "done", "done"]),
        (OrderState.CANCELLED, []),
    ],
)
def test_steps(state, expected):
    assert [step.state for step in steps(SimpleNamespace(state=state, cash_fen=100))] == expected


@pytest.mark.parametrize("state", [OrderState.PENDING_PAYMENT, OrderState.TO_SHIP])
@pytest.mark.parametrize("left", [timedelta(minutes=5), timedelta()])
def test_an_order_without_points_does_not_speak_of_points(state, left):
    order = an_order(state=state, pay_before=NOW + left, points=0, cash_fen=9200)
    with translation.override("en"):
        assert "points" not in " ".join(headline(order, at=NOW))


def test_coupons_that_came_back_are_told():
    order = an_order(state=OrderState.CANCELLED, returned={"points": 0, "fen": 500, "parts": [], "coupons": 1})
    with translation.override("en"):
        assert returned_parts(order)[-1] == "1 coupon came back."


def test_every_state_has_a_sentence():
    for state in OrderState:
        order = an_order(state=state, pay_before=NOW, shipped_at=NOW, received_at=NOW, returned={"points": 5})
        title, _detail = headline(order, at=NOW)
        assert title


def test_nothing_came_back():
    assert returned_parts(an_order(returned={})) == []
    assert returned_parts(an_order(returned={"points": 0, "fen": 0, "parts": []})) == []


def test_midnight_belongs_to_the_day_before():
    from django.utils import timezone

    end = timezone.make_aware(timezone.datetime(NOW.year, 1, 1))
    assert "31" in last_day(end)


def test_only_the_soonest_ends_are_told():
    parts = [{"points": 10, "expires_at": (NOW + timedelta(days=n)).isoformat()} for n in range(1, 6)]
    (sentence,) = returned_parts(an_order(returned={"points": 50, "fen": 0, "parts": parts}))
    assert sentence.count("10") <= 4  # two amounts, and perhaps two days


def parcel(state):
    return SimpleNamespace(tracking=SimpleNamespace(state=state)) if state else SimpleNamespace()


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ([""], "on its way"),
        (["unknown"], "on its way"),
        (["on_the_way", "delivered"], "on its way"),
        (["out_for_delivery", "delivered"], "comes today"),
        (["delivered", "delivered"], "delivered"),
        (["problem", "on_the_way"], "held up"),
    ],
)
def test_where_the_parcels_are(states, word):
    order = an_order(state=OrderState.SHIPPED, shipped_at=NOW)
    with translation.override("en"):
        title, _detail = headline(order, at=NOW, parcels=[parcel(state) for state in states])
    assert word in title


@pytest.mark.parametrize("state", AfterSaleState.values)
def test_every_state_of_a_request_has_a_sentence(state):
    for kind in AfterSaleKind:
        title, _detail = case_headline(AfterSale(kind=kind, state=state, answer="x"))
        assert title


# No two sentences of a page contradict each other

CONTRADICTIONS = [
    ("Pay before", "do not pay again"),
    ("You can try again", "do not pay again"),
    ("The last payment did not go through", "has arrived in another amount"),
    ("closes by itself", "waits meanwhile"),
    ("on its way", "is settled"),
    ("comes today", "is settled"),
    ("Receipt confirms itself", "is settled"),
    ("No money was taken", "looking into"),
]


def said(order, standing, parcels):
    notice = payment_notice(order, at=NOW, standing=standing) or ()
    head = headline(order, at=NOW, parcels=parcels, standing=standing)
    return " ".join([*head, *notice, *returned_parts(order, standing.refunds)])


def test_no_two_sentences_of_an_orders_page_contradict():
    """Every order state, payment state, refund, dispute, settlement, parcel and side of the deadline."""
    lefts = [timedelta(minutes=5), timedelta(), timedelta(minutes=-5)]
    parcels = ["", "out_for_delivery", "delivered", "problem"]
    yes_no = [True, False]
    rows = product(OrderState, [None, *PaymentState], yes_no, yes_no, [None, *RefundState], lefts, parcels)
    with translation.override("en"):
        for state, paid, asked_on, settled, refund, left, where in rows:
            order = an_order(
                state=state, pay_before=NOW + left, cash_fen=3200, shipped_at=NOW, received_at=NOW,
                returned={"fen": 3200, "points": 0} if refund else {},
            )  # fmt: skip
            payment = paid and Payment(state=paid, next_ask_at=NOW if asked_on else None)
            refunds = (PaymentRefund(state=refund, amount_fen=3200, done_at=NOW),) if refund else ()
            standing = Standing(
                disputed=paid == PaymentState.DISPUTED,
                settled=settled and state in (OrderState.SHIPPED, OrderState.COMPLETED),
                payment=payment,
                refunds=refunds,
            )
            text = said(order, standing, [parcel(where)])
            both = [pair for pair in CONTRADICTIONS if all(part in text for part in pair)]
            assert not both, (text, both)
            if payable(order, at=NOW, disputed=standing.disputed):
                assert "To pay" in text
            else:
                assert "To pay," not in text


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (RefundState.UNDERWAY, "goes back the way you paid"),
        (RefundState.DONE, "went back the way you paid"),
        (RefundState.REFUSED, "could not go back the way you paid"),
        (RefundState.SETTLED, "by another way"),
    ],
)
def test_where_the_cash_is(state, word):
    order = an_order(state=OrderState.CANCELLED, returned={"fen": 3200, "points": 0})
    with translation.override("en"):
        (sentence,) = returned_parts(order, [PaymentRefund(state=state, amount_fen=3200, done_at=NOW)])
    assert word in sentence
    assert "32.00" in sentence
