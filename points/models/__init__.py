"""Tables of the points app."""

from points.models.ledger import (
    EARNED,
    SPENT,
    Kind,
    PointsAccount,
    PointsAllocation,
    PointsEntry,
    PointsHold,
    PointsLot,
)

__all__ = [
    "EARNED",
    "SPENT",
    "Kind",
    "PointsAccount",
    "PointsAllocation",
    "PointsEntry",
    "PointsHold",
    "PointsLot",
]
