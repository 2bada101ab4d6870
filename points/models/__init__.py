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
from points.models.staff import Adjustment, AuditRun, BulkGrant, Reason

__all__ = [
    "EARNED",
    "SPENT",
    "Adjustment",
    "AuditRun",
    "BulkGrant",
    "Kind",
    "PointsAccount",
    "PointsAllocation",
    "PointsEntry",
    "PointsHold",
    "PointsLot",
    "Reason",
]
