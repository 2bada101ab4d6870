"""Tables of earning: rule sets, scripts, reviews."""

from points.earning.models.earning import EarningReview, EarningTally, EarningTrace
from points.earning.models.rule_sets import (
    RuleAlert,
    RuleSetPilot,
    RuleSetStage,
    RuleSetTold,
    RuleSetVersion,
    Script,
    ScriptVersion,
)

__all__ = [
    "EarningReview",
    "EarningTally",
    "EarningTrace",
    "RuleAlert",
    "RuleSetPilot",
    "RuleSetStage",
    "RuleSetTold",
    "RuleSetVersion",
    "Script",
    "ScriptVersion",
]
