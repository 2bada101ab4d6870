"""Tables of the points app."""

from points.models.expiry import ExpiryPolicy, ExpiryWarning
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
    "ExpiryPolicy",
    "ExpiryWarning",
    "Kind",
    "PointsAccount",
    "PointsAllocation",
    "PointsEntry",
    "PointsHold",
    "PointsLot",
    "Reason",
]
