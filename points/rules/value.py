"""What a point is worth: the one place that turns points into money and back (C14)."""

from points.parameters import POINTS_PER_YUAN

FEN_PER_YUAN = 100


def worth_fen(points):
    """What points are worth, in fen, rounded down."""
    return points * FEN_PER_YUAN // POINTS_PER_YUAN.value
