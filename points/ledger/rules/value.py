"""What a point is worth: the one place that turns points into money and back (C14).

``per_yuan`` is how many points are worth one yuan; left out, it is what staff have set.
"""

from points.ledger.parameters import POINTS_PER_YUAN

FEN_PER_YUAN = 100


def worth_fen(points: int, per_yuan: int | None = None) -> int:
    """What points are worth, in fen, rounded down."""
    return points * FEN_PER_YUAN // (per_yuan or POINTS_PER_YUAN.value)


def points_within(fen: int, per_yuan: int | None = None) -> int:
    """The most points that are worth no more than ``fen``."""
    return fen * (per_yuan or POINTS_PER_YUAN.value) // FEN_PER_YUAN


def points_for(fen: int, per_yuan: int | None = None) -> int:
    """The fewest points that are worth ``fen`` or more."""
    return -(-fen * (per_yuan or POINTS_PER_YUAN.value) // FEN_PER_YUAN)
