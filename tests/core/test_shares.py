"""Shares add up to the whole, however it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shares import part, split


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=60))
def test_a_split_adds_up(total, weights):
    whole = sum(weights)
    total = min(total, whole)
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    assert all(abs(part * whole - total * weight) < max(whole, 1) for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [10_000, 50], [100, 0]),
        (100, [50, 10_000], [0, 100]),
        (2, [1, 1, 2], [1, 0, 1]),
        (0, [5, 5], [0, 0]),
        (10, [0, 10, 0], [0, 10, 0]),
        (9, [99] * 10, [1] * 9 + [0]),
    ],
)
def test_who_loses_most_by_rounding_is_rounded_up(total, weights, parts):
    assert split(total, weights) == parts


def test_impossible_shares():
    with pytest.raises(ValueError, match="nothing"):
        split(1, [0, 0])
    assert split(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize("total", [0, 1, 99, 100, 1000, 12_345])
@pytest.mark.parametrize("whole", [1, 2, 3, 7])
def test_parts_add_up_however_they_are_taken(total, whole):
    one_by_one = [part(total, whole, done, 1) for done in range(whole)]
    assert sum(one_by_one) == total
    assert max(one_by_one) - min(one_by_one) <= 1
    for first in range(1, whole):
        assert part(total, whole, 0, first) + part(total, whole, first, whole - first) == total
