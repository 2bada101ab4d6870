"""The rules of points, as plain functions: when points end (``expiry``), what they are worth (``value``)."""

from points.ledger.rules.expiry import (
    GRACE_DAYS,
    NOTICE_DAYS,
    POLICIES,
    add_months,
    announced_after,
    default_expiry,
    ends_of,
    expiry_by,
    grace_end,
    initial_policy,
    policy_at,
    renewal,
)
from points.ledger.rules.value import points_for, points_within, worth_fen

__all__ = [
    "GRACE_DAYS",
    "NOTICE_DAYS",
    "POLICIES",
    "add_months",
    "announced_after",
    "default_expiry",
    "ends_of",
    "expiry_by",
    "grace_end",
    "initial_policy",
    "points_for",
    "points_within",
    "policy_at",
    "renewal",
    "worth_fen",
]
