"""Pure rules, at their boundaries."""

from datetime import UTC, datetime

import pytest

from points.ledger import rules


@pytest.mark.parametrize(
    ("points", "rate", "fen"), [(0, 100, 0), (12_480, 100, 12_480), (99, 100, 99), (1, 300, 0), (5, 300, 1)]
)
def test_worth_is_rounded_down_to_the_fen(parameters, points, rate, fen):
    parameters["points.per_yuan"] = rate
    assert rules.worth_fen(points) == fen


def test_no_days_no_grace():
    at = datetime(2026, 11, 20, tzinfo=UTC)
    assert rules.grace_end(at, 0) is None
    assert rules.grace_end(at, 14) == datetime(2026, 12, 4, tzinfo=UTC)
