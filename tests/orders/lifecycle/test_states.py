"""All pairs of states: the table's moves and no other (F3)."""

from itertools import product

import pytest

from core import actors
from orders.lifecycle import states
from orders.lifecycle.services import moves
from orders.models import Order, OrderMove, OrderState

ALLOWED = {
    ("pending_payment", "to_ship"),
    ("pending_payment", "cancelled"),
    ("to_ship", "partly_shipped"),
    ("to_ship", "shipped"),
    ("partly_shipped", "shipped"),
    ("to_ship", "cancelled"),
    ("shipped", "completed"),
}
PAIRS = list(product(OrderState.values, OrderState.values))


def test_the_table_names_every_state():
    assert set(states.MOVES) == {"", *OrderState.values}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_only_the_tables_moves_are_possible(place, cup, at, before, after):
    order = place((cup, "mixed", 1))
    Order.objects.filter(pk=order.pk).update(state=before)
    order = moves.lock(order.pk)
    written = OrderMove.objects.count()
    if (before, after) in ALLOWED:
        moves.move(order, after, by=actors.system("test"), at=at, reason="try")
        order.refresh_from_db()
        assert order.state == after
        last = order.moves.last()
        assert (last.from_state, last.to_state, last.by, last.reason) == (before, after, "system:test", "try")
    else:
        with pytest.raises(moves.MoveNotAllowed) as refused:
            moves.move(order, after, by=actors.system("test"), at=at)
        assert str(OrderState(before).label) in str(refused.value)
        order.refresh_from_db()
        assert order.state == before
        assert OrderMove.objects.count() == written


def test_the_row_is_locked(place, cup, django_assert_num_queries):
    order = place((cup, "points", 1))
    with django_assert_num_queries(1) as captured:
        moves.lock(order.pk)
    assert "FOR UPDATE" in captured.captured_queries[0]["sql"]
