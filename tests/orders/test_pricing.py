"""What an order costs (F1, F2): one pure function, tried by a table."""

import pytest

from catalog.prices import Price
from orders.rules.pricing import Choice, Sum, price_order, restored, stored

CUP_POINTS = (Choice(1, "points", 1), Price(1000))
CUP_MIXED = (Choice(1, "mixed", 1), Price(400, 3200))


@pytest.mark.parametrize(
    ("lines", "points", "fen", "pieces"),
    [
        ([], 0, 0, 0),
        ([CUP_POINTS], 1000, 0, 1),
        ([(Choice(1, "points", 99), Price(1000))], 99_000, 0, 99),
        ([CUP_MIXED], 400, 3200, 1),
        ([(Choice(1, "mixed", 3), Price(400, 3333))], 1200, 9999, 3),
        ([CUP_POINTS, CUP_MIXED, (Choice(2, "points", 2), Price(2300))], 6000, 3200, 4),
        ([(Choice(n, "points", 99), Price(2**31 - 1)) for n in range(50)], 50 * 99 * (2**31 - 1), 0, 4950),
    ],
)
def test_totals(lines, points, fen, pieces):
    priced = price_order(lines)
    assert (priced.points, priced.fen, priced.pieces) == (points, fen, pieces)
    assert priced.points == sum(line.points for line in priced.lines)
    assert priced.fen == sum(line.fen for line in priced.lines) + priced.of("shipping").fen


def test_each_amount_has_a_line():
    assert price_order([CUP_POINTS, CUP_MIXED]).sums == (
        Sum("goods_points", points=1400),
        Sum("goods_cash", fen=3200),
        Sum("shipping"),
    )
    assert [line.code for line in price_order([CUP_POINTS]).sums] == ["goods_points", "shipping"]
    assert all(line.label for line in price_order([CUP_MIXED]).sums)


@pytest.mark.parametrize(
    "other",
    [
        [],
        [CUP_MIXED],
        [(Choice(1, "points", 2), Price(1000))],
        [(Choice(1, "points", 2), Price(500))],  # the same sum, made otherwise
        [(Choice(2, "points", 1), Price(1000))],
        [(Choice(1, "points", 1), Price(1001))],
    ],
)
def test_the_digest_tells_what_was_shown(other):
    assert price_order([CUP_POINTS]).digest != price_order(other).digest


def test_the_digest_does_not_depend_on_the_order_of_lines():
    assert price_order([CUP_POINTS, CUP_MIXED]).digest == price_order([CUP_MIXED, CUP_POINTS]).digest


def test_sums_survive_storing():
    sums = price_order([CUP_MIXED]).sums
    assert tuple(restored(stored(sums))) == sums
