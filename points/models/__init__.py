"""Tables of the points app."""

from points.models.earning import EarningReview, EarningTally, EarningTrace
from points.models.expiry import ExpiryPolicy, ExpiryWarning
from points.models.ledger import (
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
from points.models.partners import (
    Deduction,
    Event,
    ExternalMember,
    Partner,
    PartnerBook,
    PartnerCall,
    PartnerEntry,
    PartnerKey,
    Scope,
    WebhookDelivery,
)
from points.models.purchases import Purchase, PurchaseLine, PurchaseRefund
from points.models.rule_sets import (
    RuleAlert,
    RuleSetPilot,
    RuleSetStage,
    RuleSetTold,
    RuleSetVersion,
    Script,
    ScriptVersion,
)
from points.models.staff import Adjustment, AuditRun, BulkGrant, Reason
from points.models.tiers import MemberTier, Tier, TierChange, TierCode
from points.models.what_if import WhatIfRun

__all__ = [
    "EARNED",
    "SPENT",
    "UNDATED",
    "Adjustment",
    "AuditRun",
    "BulkGrant",
    "Deduction",
    "EarningReview",
    "EarningTally",
    "EarningTrace",
    "Event",
    "ExpiryPolicy",
    "ExpiryWarning",
    "ExternalMember",
    "Kind",
    "MemberTier",
    "Partner",
    "PartnerBook",
    "PartnerCall",
    "PartnerEntry",
    "PartnerKey",
    "PointsAccount",
    "PointsAllocation",
    "PointsEntry",
    "PointsHold",
    "PointsLot",
    "Purchase",
    "PurchaseLine",
    "PurchaseRefund",
    "Reason",
    "RuleAlert",
    "RuleSetPilot",
    "RuleSetStage",
    "RuleSetTold",
    "RuleSetVersion",
    "Scope",
    "Script",
    "ScriptVersion",
    "Tier",
    "TierChange",
    "TierCode",
    "WebhookDelivery",
    "WhatIfRun",
]
