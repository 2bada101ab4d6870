"""What the ledger takes. Everything else raises ``InvalidInput`` before the database is asked, so that a bad argument
never breaks the caller's transaction."""

import json
from collections.abc import Collection
from datetime import datetime

from core.clock import is_in_calendar
from core.errors import InvalidInput
from points.ledger.models import UNDATED

MAX_POINTS = 2**31 - 1
MAX_ID = 2**63 - 1
MAX_GRACE_DAYS = 3650
OWN_KEYS = ("expire:", "begin:")  # how keys begin that the ledger makes itself

DEBT, WITHIN_BALANCE, SKIP = POLICIES = ("debt", "within_balance", "skip")  # of a clawback


def common(*, account: int, key: str, by: str, at: datetime, source: str = "", reason: str = "") -> None:
    account_and_words(account=account, by=by, at=at, source=source, reason=reason)
    text("key", key, 1, 128)
    if key.startswith(OWN_KEYS):
        raise InvalidInput(field="key")


def account_and_words(*, account: int, by: str, at: datetime, source: str = "", reason: str = "") -> None:
    whole_number("account", account, MAX_ID)
    text("by", by, 1, 64)
    text("source", source, 0, 64)
    text("reason", reason, 0, 200)
    moment("at", at)


def points(value: object) -> None:
    whole_number("points", value, MAX_POINTS)


def whole_number(field: str, value: object, most: int) -> None:
    if type(value) is not int or not 0 < value <= most:
        raise InvalidInput(field=field)


def kind(value: object, allowed: Collection[object]) -> None:
    if value not in allowed:
        raise InvalidInput(field="kind")


def text(field: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, str) or not least <= len(value) <= most or not _is_storable(value):
        raise InvalidInput(field=field)


def moment(field: str, value: object) -> None:
    if not isinstance(value, datetime) or value.utcoffset() is None or not is_in_calendar(value):
        raise InvalidInput(field=field)


def begin(active_from: datetime) -> None:
    if active_from != UNDATED:
        moment("active_from", active_from)


def life(active_from: datetime, expires_at: datetime | None) -> datetime | None:
    """The end of points that are usable from ``active_from`` to ``expires_at`` (None: for ever); none where nobody
    knows the begin yet."""
    if expires_at is None or active_from == UNDATED:
        return None
    moment("expires_at", expires_at)
    if expires_at <= active_from:
        raise InvalidInput(field="expires_at")
    return expires_at


def grace(days: object) -> None:
    if type(days) is not int or not 0 <= days <= MAX_GRACE_DAYS:
        raise InvalidInput(field="grace_days")


def as_json(breakdown: object) -> str | None:
    """The text of a ``breakdown``, None for none. Beside ``steps`` the ledger alone writes into it."""
    if breakdown is None:
        return None
    if (
        not isinstance(breakdown, dict)
        or breakdown.keys() - {"steps"}
        or not isinstance(breakdown.get("steps", []), list)
    ):
        raise InvalidInput(field="breakdown")
    try:
        dumped = json.dumps(breakdown, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(field="breakdown") from error
    if "\\u0000" in dumped or not _is_storable(dumped):
        raise InvalidInput(field="breakdown")
    return dumped


def _is_storable(value: str) -> bool:
    """PostgreSQL has no character 0, and UTF-8 no half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
