"""Tables of the ledger."""

from points.ledger.models.audit import AuditRun
from points.ledger.models.expiry import ExpiryPolicy, ExpiryWarning
from points.ledger.models.ledger import (
    EARNED,
    SPENT,
    UNDATED,
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
    "UNDATED",
    "AuditRun",
    "ExpiryPolicy",
    "ExpiryWarning",
    "Kind",
    "PointsAccount",
    "PointsAllocation",
    "PointsEntry",
    "PointsHold",
    "PointsLot",
]
