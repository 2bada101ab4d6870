"""The table of moves of a request, and every act in every state (F10)."""

from itertools import product

import pytest

from catalog.models import SKU
from core.errors import InvalidInput
from orders.after_sale import services as after_sale
from orders.after_sale.services import moving
from orders.after_sale.states import after_sale_allowed
from orders.lifecycle.services.moves import MoveNotAllowed
from orders.models import AfterSale, AfterSaleKind, AfterSalePicture, AfterSaleState
from orders.placing.services import cancelling
from tests.orders.after_sale.conftest import STAFF, all_adds_up, available, number, settle

FORWARD = {
    "return": {
        ("requested", "approved"), ("requested", "refused"), ("requested", "withdrawn"), ("approved", "received"),
        ("approved", "refused"), ("approved", "withdrawn"), ("received", "settled"), ("received", "refused"),
    },
    "refund": {("requested", "settled"), ("requested", "refused"), ("requested", "withdrawn")},
    "unshipped": set(),
}  # fmt: skip
FORWARD["exchange"] = FORWARD["return"] | {("received", "exchanged")}


@pytest.mark.parametrize(
    ("kind", "before", "after"), list(product(AfterSaleKind.values, AfterSaleState.values, AfterSaleState.values))
)
def test_only_the_tables_moves_are_possible(kind, before, after):
    assert after_sale_allowed(kind, before, after) == ((before, after) in FORWARD[kind])
    request = AfterSale(kind=kind, state=before)
    if (before, after) not in FORWARD[kind]:
        with pytest.raises(moving.CaseMoveNotAllowed):
            moving.move(request, after, by=STAFF, at=None)


ACTS = {
    "approved": lambda request, at, carrier: after_sale.approve(case=request, by=STAFF, at=at),
    "refused": lambda request, at, carrier: after_sale.refuse(case=request, by=STAFF, at=at, answer="x"),
    "received": lambda request, at, carrier: after_sale.receive(case=request, by=STAFF, at=at),
    "withdrawn": lambda request, at, carrier: after_sale.withdraw(case=request, by=STAFF, at=at),
    "settled": lambda request, at, carrier: settle(request, at),
    "exchanged": lambda request, at, carrier: after_sale.exchange(
        case=request, carrier=carrier, tracking_number=number(), stock_back="damaged", by=STAFF, at=at
    ),
}
ROADS = {
    "requested": [],
    "approved": ["approved"],
    "received": ["approved", "received"],
    "refused": ["refused"],
    "withdrawn": ["withdrawn"],
    "settled": ["approved", "received", "settled"],
    "exchanged": ["approved", "received", "exchanged"],
}


@pytest.mark.parametrize(("before", "act"), list(product(ROADS, ACTS)))
def test_every_act_in_every_state(shipped, cup, member, ask, carrier, at, before, act):
    """Where it is not the table's move it is refused or, when it was done already, does nothing a second time."""
    request = ask(shipped((cup, "points", 1)), kind="exchange")
    for step in ROADS[before]:
        ACTS[step](request, at, carrier)
    request.refresh_from_db()
    was = available(member, at), SKU.objects.get(pk=cup.pk).stock, request.moves.count()
    if (before, act) in FORWARD["exchange"]:
        ACTS[act](request, at, carrier)
        request.refresh_from_db()
        assert request.state == act
    else:
        if before == act != "exchanged":
            ACTS[act](request, at, carrier)
        else:
            with pytest.raises(moving.CaseMoveNotAllowed):
                ACTS[act](request, at, carrier)
        assert was == (available(member, at), SKU.objects.get(pk=cup.pk).stock, request.moves.count())
    all_adds_up()


def test_a_refusal_needs_words(shipped, cup, ask, at):
    request = ask(shipped((cup, "points", 1)))
    with pytest.raises(InvalidInput):
        after_sale.refuse(case=request, by=STAFF, at=at, answer="  ")
    with pytest.raises(moving.CaseMoveNotAllowed):
        after_sale.send_back(case=request, carrier="顺丰", tracking_number="SF000001", by=STAFF, at=at)
    assert AfterSalePicture.objects.count() == 0
    with pytest.raises(MoveNotAllowed):
        cancelling.cancel_order(order=request.order, by=STAFF, at=at)


def test_what_was_said_at_the_approval_is_not_said_of_the_settlement(shipped, cup, ask, at):
    request = ask(shipped((cup, "points", 1)))
    after_sale.approve(case=request, by=STAFF, at=at, answer="请寄回")
    request = settle(after_sale.receive(case=request, by=STAFF, at=at), at)
    assert request.answer == ""
    assert "请寄回" in request.moves.values_list("reason", flat=True)
