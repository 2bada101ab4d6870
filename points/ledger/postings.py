"""The operations of one account; ``points.ledger`` says what they share."""

from datetime import datetime
from typing import Any

from core.call import call
from core.errors import InvalidInput
from points.ledger import checks, rules
from points.ledger.checks import DEBT, POLICIES
from points.ledger.earnings import DEFAULT, Default, Earning, terms
from points.ledger.errors import BY_SQLSTATE
from points.ledger.models import EARNED, SPENT, Kind
from points.ledger.results import Begin, Clawback, Hold, Posting, Refund, Released, pieces_and_lost

EARN = (
    "SELECT * FROM ledger_earn(%s, %s::integer, %s::text, %s::text, %s::text, %s::timestamptz, %s::text, %s::text,"
    " %s::timestamptz, %s::timestamptz, %s::text, %s::jsonb, %s::timestamptz)"
)
SPEND = "SELECT * FROM ledger_spend(%s, %s::integer, %s::text, %s::text, %s::text, %s::timestamptz, %s::text, %s::text)"
HOLD = "SELECT * FROM ledger_hold(%s, %s::integer, %s::text, %s::text, %s::timestamptz, %s::text, %s::timestamptz)"
CAPTURE = "SELECT * FROM ledger_capture(%s, %s::text, %s::text, %s::text, %s::text, %s::timestamptz, %s::text)"
RELEASE = "SELECT * FROM ledger_release(%s, %s::text, %s::text, %s::text, %s::timestamptz, %s::timestamptz)"
REFUND = (
    "SELECT * FROM ledger_refund(%s, %s::text, %s::integer, %s::text, %s::text, %s::text, %s::timestamptz, %s::text,"
    " %s::timestamptz, %s)"
)
CLAWBACK = (
    "SELECT * FROM ledger_clawback(%s, %s::text, %s::integer, %s::text, %s::text, %s::text, %s::text, %s::timestamptz,"
    " %s::text, %s::text)"
)
SET_BEGIN = "SELECT * FROM ledger_set_begin(%s, %s::text, %s::timestamptz, %s::timestamptz, %s::text, %s::timestamptz)"


def earn(
    *,
    account: int,
    points: int,
    kind: str,
    key: str,
    by: str,
    at: datetime,
    source: str = "",
    reason: str = "",
    expires_at: datetime | Default | None = DEFAULT,
    active_from: datetime | None = None,
    rule_version: str = "",
    breakdown: dict[str, Any] | None = None,
) -> Posting:
    """Credit ``points`` as a lot of their own, spendable from ``active_from`` (default ``at``) until ``expires_at``
    (default: by the rules, counted from when they become spendable; None: for ever). Opens the account if need be.
    Where activity is the rule, the member's other points live on with it (B9). ``active_from=UNDATED`` leaves begin and
    end to ``set_begin``."""
    checks.kind(kind, EARNED)
    earning = Earning(account, points, key, at, source, reason, expires_at, active_from, rule_version, breakdown)
    params = (account, points, str(kind), key, by, at, source, reason, *terms(earning, by=by))
    return Posting(*_call(EARN, params))


def spend(
    *, account: int, points: int, kind: str, key: str, by: str, at: datetime, source: str = "", reason: str = ""
) -> Posting:
    """Debit ``points`` from the lots that end soonest; raises ``NotEnoughPoints``."""
    checks.common(account=account, key=key, by=by, at=at, source=source, reason=reason)
    checks.points(points)
    checks.kind(kind, SPENT)
    return Posting(*_call(SPEND, (account, points, str(kind), key, by, at, source, reason)))


def hold(
    *, account: int, points: int, key: str, by: str, at: datetime, source: str = "", expires_at: datetime | None = None
) -> Hold:
    """Set ``points`` aside for something not paid yet; raises ``NotEnoughPoints``. They leave the lots that end
    soonest and do not end while held. ``expires_at`` is a note for whoever must settle the hold."""
    checks.common(account=account, key=key, by=by, at=at, source=source)
    checks.points(points)
    if expires_at is not None:
        checks.moment("expires_at", expires_at)
    return Hold(*_call(HOLD, (account, points, key, by, at, source, expires_at)))


def capture(
    *, account: int, hold: str, key: str, by: str, at: datetime, kind: str = Kind.REDEEM, reason: str = ""
) -> Posting:
    """Turn the hold made with the key ``hold`` into one debit; raises ``UnknownHold``, ``HoldNotOpen``."""
    checks.common(account=account, key=key, by=by, at=at, reason=reason)
    checks.text("hold", hold, 1, 128)
    checks.kind(kind, SPENT)
    return Posting(*_call(CAPTURE, (account, hold, str(kind), key, by, at, reason)))


def release(
    *, account: int, hold: str, key: str, by: str, at: datetime, grace_days: int = rules.GRACE_DAYS
) -> Released:
    """Give the points of a hold back to their lots; raises ``UnknownHold``, ``HoldNotOpen`` when it was captured.

    A hold that is released already stays so, whatever the key: cancelled, failed and timed out may all arrive.
    Lots that ended meanwhile: as in ``refund`` with ``grace_from_end``.
    """
    checks.common(account=account, key=key, by=by, at=at)
    checks.text("hold", hold, 1, 128)
    checks.grace(grace_days)
    points, pieces, released_at, available, repeated, paid_debt = _call(
        RELEASE, (account, hold, key, by, at, rules.grace_end(at, grace_days))
    )
    pieces, lost = pieces_and_lost(pieces, released_at)
    return Released(points, pieces, lost, available, repeated, paid_debt)


def refund(
    *,
    account: int,
    spent: str,
    points: int,
    key: str,
    by: str,
    at: datetime,
    kind: str = Kind.REFUND,
    grace_days: int = rules.GRACE_DAYS,
    grace_from_end: bool = False,
    reason: str = "",
) -> Refund:
    """Give back ``points`` of the debit with the key ``spent`` to the lots that paid, last one first, with the end that
    they would have today; raises ``UnknownEntry``, ``TooMuchRefunded``. Any number of partial refunds, each with its
    own key.

    Points whose lot has ended live ``grace_days`` more, once; with ``grace_from_end``, for members who changed their
    mind, that many days after their own end: spending and taking back again and again keeps nothing alive. Otherwise
    they stay ended (``lost``): they are booked back and nobody can spend them.
    """
    checks.common(account=account, key=key, by=by, at=at, reason=reason)
    checks.text("spent", spent, 1, 128)
    checks.points(points)
    checks.kind(kind, (Kind.REFUND,))
    checks.grace(grace_days)
    seq, points, available, balance_after, repeated, pieces, refunded_at, paid_debt = _call(
        REFUND,
        (account, spent, points, str(kind), key, by, at, reason, rules.grace_end(at, grace_days), bool(grace_from_end)),
    )
    pieces, lost = pieces_and_lost(pieces, refunded_at)
    return Refund(seq, points, pieces, lost, available, balance_after, repeated, paid_debt)


def clawback(
    *,
    account: int,
    earned: str,
    points: int,
    key: str,
    by: str,
    at: datetime,
    policy: str = DEBT,
    kind: str = Kind.CLAWBACK,
    source: str = "",
    reason: str = "",
) -> Clawback:
    """Take back ``points`` of the earning with the key ``earned``; raises ``UnknownEntry``, ``TooMuchClawedBack`` (B8).

    First from that earning's own lot, pending, active or ended; then from what ends soonest; then from what is pending.
    Held points stay held. For what is not there any more, ``policy`` decides: ``debt`` (the next credits pay it),
    ``within_balance`` (it is let go) or ``skip`` (all is let go, nothing taken). Where nothing is taken nothing is
    entered, and a retry looks again.
    """
    checks.common(account=account, key=key, by=by, at=at, source=source, reason=reason)
    checks.text("earned", earned, 1, 128)
    checks.points(points)
    checks.kind(kind, (Kind.CLAWBACK,))
    if policy not in POLICIES:
        raise InvalidInput(field="policy")
    return Clawback(*_call(CLAWBACK, (account, earned, points, policy, str(kind), key, by, at, source, reason)))


def set_begin(
    *, account: int, earned: str, active_from: datetime, expires_at: datetime | None, by: str, at: datetime
) -> Begin:
    """Say from when, and until when (None: for ever), points can be used whose earning, with the key ``earned``, was
    booked as ``UNDATED`` (B5); returns the ``Begin``. Raises ``UnknownEntry``.

    Until they can be used this may be said again; ``UNDATED``, without an end, leaves it open again. What can be used
    by ``at`` stays so, and so does an earning that was booked with a date: the ``Begin`` says what holds. Said twice it
    changes nothing, so no key is needed.
    """
    checks.account_and_words(account=account, by=by, at=at)
    checks.text("earned", earned, 1, 128)
    checks.begin(active_from)
    ends = checks.life(active_from, expires_at)
    return Begin(*_call(SET_BEGIN, (account, earned, active_from, ends, by, at)))


def adjust(
    *,
    account: int,
    points: int,
    key: str,
    by: str,
    at: datetime,
    reason: str,
    source: str = "",
    expires_at: datetime | Default | None = DEFAULT,
) -> Posting:
    """Correct an account by ``points``, more or fewer, for a ``reason`` in words (B11): an earning, or a debit that
    never goes below zero (``NotEnoughPoints``). ``expires_at`` is that of added points."""
    checks.text("reason", reason, 1, 200)
    if type(points) is int and points < 0:
        return spend(
            account=account, points=-points, kind=Kind.ADJUST, key=key, by=by, at=at, source=source, reason=reason
        )
    return earn(
        account=account, points=points, kind=Kind.ADJUST, key=key, by=by, at=at, source=source, reason=reason,
        expires_at=expires_at,
    )  # fmt: skip


def _call(sql: str, params: tuple[object, ...]) -> tuple[Any, ...]:
    return call(sql, params, BY_SQLSTATE)[0]
