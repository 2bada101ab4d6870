"""One earning, as ``earn`` and ``earn_many`` take it."""

from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from points.ledger import checks, rules


class Default(Enum):
    """``DEFAULT``: as the rules in force say."""

    DEFAULT = "default"


DEFAULT = Default.DEFAULT
# (expires_at, active_from, rule_version, breakdown as JSON, renew_until)
Terms = tuple[datetime | None, datetime, str, str | None, datetime | None]


class Earning(NamedTuple):
    """What one account is credited with; the fields are the arguments of ``ledger.earn``."""

    account: int
    points: int
    key: str
    at: datetime
    source: str = ""
    reason: str = ""
    expires_at: datetime | Default | None = DEFAULT
    active_from: datetime | None = None
    rule_version: str = ""
    breakdown: dict[str, Any] | None = None


def terms(earning: Earning, *, by: str) -> Terms:
    """What the database is told beyond who, how many and why: ``(expires_at, active_from, rule_version, breakdown,
    renew_until)``. Raises ``InvalidInput`` for whatever is wrong with the earning."""
    account, points, key, at, source, reason, expires_at, active_from, rule_version, breakdown = earning
    checks.common(account=account, key=key, by=by, at=at, source=source, reason=reason)
    checks.points(points)
    checks.text("rule_version", rule_version, 0, 32)
    begins = active_from or at
    checks.begin(begins)
    by_rule, renew_until = rules.ends_of(begins, earned_at=at)
    expires_at = by_rule if expires_at is DEFAULT else checks.life(begins, expires_at)
    return expires_at, begins, rule_version, checks.as_json(breakdown), renew_until
