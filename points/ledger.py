"""The points ledger, and the only way to change points (B1-B8).

Every function is one PL/pgSQL function of ``points/sql/``, one round trip, in the caller's transaction or its own. It
locks the account row first, then looks the key up: the same key with the same content changes nothing and returns the
first result with ``repeated=True``; with another content it raises ``KeyReused``. Keys of entries, holds and releases
are one namespace for each account. Refusals are the named errors below; after one, nothing was written.

``account`` is a member's user id, ``points`` an integer from 1 to 2,147,483,647, ``key`` a text of 1 to 128
characters, ``by`` a text of ``core.actors``, ``at`` an aware moment. ``available`` in a result is what can be spent
at ``at``, after the call. What a member owes after a clawback is paid by the next points that come in, whatever the
way: ``paid_debt`` of a result says how many of its points did that.
"""

import json
from datetime import datetime
from typing import NamedTuple

from psycopg.types.json import Jsonb

from core.call import call
from core.errors import InvalidInput
from points import rules
from points.errors import (
    BY_SQLSTATE,
    HoldNotOpen,
    KeyReused,
    NotEnoughPoints,
    TooMuchClawedBack,
    TooMuchRefunded,
    UnknownAccount,
    UnknownEntry,
    UnknownHold,
)
from points.models import EARNED, SPENT, UNDATED, Kind

__all__ = [
    "DEFAULT",
    "UNDATED",
    "Begin",
    "Clawback",
    "Hold",
    "HoldNotOpen",
    "KeyReused",
    "NotEnoughPoints",
    "Piece",
    "Posting",
    "Refund",
    "Released",
    "TooMuchClawedBack",
    "TooMuchRefunded",
    "UnknownAccount",
    "UnknownEntry",
    "UnknownHold",
    "adjust",
    "capture",
    "clawback",
    "earn",
    "hold",
    "refund",
    "release",
    "set_begin",
    "spend",
]

MAX_POINTS = 2**31 - 1
MAX_ID = 2**63 - 1
DEFAULT = object()  # "as the rules in force say"
DEBT, WITHIN_BALANCE, SKIP = POLICIES = ("debt", "within_balance", "skip")  # of a clawback


class Posting(NamedTuple):
    """An entry: its number, points (negative = debit), the sum of all entries after it."""

    seq: int
    points: int
    available: int
    balance_after: int
    repeated: bool
    paid_debt: int = 0


class Hold(NamedTuple):
    """``state`` is open, or, when the call is repeated late, captured or released."""

    seq: int
    points: int
    state: str
    expires_at: datetime | None
    available: int
    repeated: bool


class Piece(NamedTuple):
    """Some of the points given back: they end at ``expires_at`` (None = never), by grace where their lot had ended."""

    points: int
    expires_at: datetime | None
    is_grace: bool


class Released(NamedTuple):
    """The points of a hold, given back. ``lost`` of them had ended meanwhile, without grace."""

    points: int
    pieces: tuple[Piece, ...]
    lost: int
    available: int
    repeated: bool
    paid_debt: int = 0


class Refund(NamedTuple):
    """A posting that gave spent points back. ``lost`` of them had ended meanwhile, without grace."""

    seq: int
    points: int
    pieces: tuple[Piece, ...]
    lost: int
    available: int
    balance_after: int
    repeated: bool
    paid_debt: int = 0


class Clawback(NamedTuple):
    """Points taken back: ``taken`` out of lots, ``owed`` as a debt, ``skipped`` let go; together what was asked for.
    ``seq`` is None when nothing was taken and so nothing entered."""

    seq: int | None
    taken: int
    owed: int
    skipped: int
    available: int
    balance_after: int
    repeated: bool


class Begin(NamedTuple):
    """From when the points of an earning can be used (``UNDATED``: nobody knows yet) and until when (None: for ever),
    and whether this call changed it."""

    active_from: datetime
    expires_at: datetime | None
    changed: bool


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
    " %s::timestamptz)"
)
CLAWBACK = (
    "SELECT * FROM ledger_clawback(%s, %s::text, %s::integer, %s::text, %s::text, %s::text, %s::text, %s::timestamptz,"
    " %s::text, %s::text)"
)
SET_BEGIN = "SELECT * FROM ledger_set_begin(%s, %s::text, %s::timestamptz, %s::timestamptz, %s::text, %s::timestamptz)"


def earn(
    *,
    account,
    points,
    kind,
    key,
    by,
    at,
    source="",
    reason="",
    expires_at=DEFAULT,
    active_from=None,
    rule_version="",
    breakdown=None,
):
    """Credit ``points`` as a lot of their own, spendable from ``active_from`` (default ``at``) until ``expires_at``
    (default: by the rules, counted from when they become spendable; None: for ever). Opens the account if need be.
    Where activity is the rule, the member's other points live on with it (B9). ``active_from=UNDATED`` leaves begin and
    end to ``set_begin``."""
    _check_common(account=account, key=key, by=by, at=at, source=source, reason=reason)
    _check_points(points)
    _check_kind(kind, EARNED)
    _check_text("rule_version", rule_version, 0, 32)
    if active_from is not None:
        _check_moment("active_from", active_from)
    begins = active_from or at
    by_rule, renew_until = rules.ends_of(begins, earned_at=at)
    if expires_at is DEFAULT or begins == UNDATED:
        expires_at = by_rule
    elif expires_at is not None:
        _check_moment("expires_at", expires_at)
        if expires_at <= begins:
            raise InvalidInput(field="expires_at")
    breakdown = None if breakdown is None else Jsonb(breakdown)
    return Posting(
        *_call(
            EARN,
            (
                account, points, str(kind), key, by, at, source, reason,
                expires_at, begins, rule_version, breakdown, renew_until,
            ),
        )
    )  # fmt: skip


def spend(*, account, points, kind, key, by, at, source="", reason=""):
    """Debit ``points`` from the lots that end soonest; raises ``NotEnoughPoints``."""
    _check_common(account=account, key=key, by=by, at=at, source=source, reason=reason)
    _check_points(points)
    _check_kind(kind, SPENT)
    return Posting(*_call(SPEND, (account, points, str(kind), key, by, at, source, reason)))


def hold(*, account, points, key, by, at, source="", expires_at=None):
    """Set ``points`` aside for something not paid yet; raises ``NotEnoughPoints``. They leave the lots that end
    soonest and do not end while held. ``expires_at`` is a note for whoever must settle the hold."""
    _check_common(account=account, key=key, by=by, at=at, source=source)
    _check_points(points)
    if expires_at is not None:
        _check_moment("expires_at", expires_at)
    return Hold(*_call(HOLD, (account, points, key, by, at, source, expires_at)))


def capture(*, account, hold, key, by, at, kind=Kind.REDEEM, reason=""):
    """Turn the hold made with the key ``hold`` into one debit; raises ``UnknownHold``, ``HoldNotOpen``."""
    _check_common(account=account, key=key, by=by, at=at, reason=reason)
    _check_text("hold", hold, 1, 128)
    _check_kind(kind, SPENT)
    return Posting(*_call(CAPTURE, (account, hold, str(kind), key, by, at, reason)))


def release(*, account, hold, key, by, at, grace_days=rules.GRACE_DAYS):
    """Give the points of a hold back to their lots; raises ``UnknownHold``, ``HoldNotOpen`` when it was captured.

    A hold that is released already stays so, whatever the key: cancelled, failed and timed out may all arrive.
    Lots that ended meanwhile: as in ``refund``.
    """
    _check_common(account=account, key=key, by=by, at=at)
    _check_text("hold", hold, 1, 128)
    _check_grace(grace_days)
    points, pieces, released_at, available, repeated, paid_debt = _call(
        RELEASE, (account, hold, key, by, at, rules.grace_end(at, grace_days))
    )
    pieces, lost = _pieces(pieces, released_at)
    return Released(points, pieces, lost, available, repeated, paid_debt)


def refund(*, account, spent, points, key, by, at, kind=Kind.REFUND, grace_days=rules.GRACE_DAYS, reason=""):
    """Give back ``points`` of the debit with the key ``spent`` to the lots that paid, last one first, with their old
    end; raises ``UnknownEntry``, ``TooMuchRefunded``. Any number of partial refunds, each with its own key.

    Points whose lot has ended live ``grace_days`` more. With 0 they stay ended (``lost``): they are booked back and
    nobody can spend them.
    """
    _check_common(account=account, key=key, by=by, at=at, reason=reason)
    _check_text("spent", spent, 1, 128)
    _check_points(points)
    _check_kind(kind, (Kind.REFUND,))
    _check_grace(grace_days)
    seq, points, available, balance_after, repeated, pieces, refunded_at, paid_debt = _call(
        REFUND,
        (account, spent, points, str(kind), key, by, at, reason, rules.grace_end(at, grace_days)),
    )
    pieces, lost = _pieces(pieces, refunded_at)
    return Refund(seq, points, pieces, lost, available, balance_after, repeated, paid_debt)


def clawback(*, account, earned, points, key, by, at, policy=DEBT, kind=Kind.CLAWBACK, source="", reason=""):
    """Take back ``points`` of the earning with the key ``earned``; raises ``UnknownEntry``, ``TooMuchClawedBack`` (B8).

    First from that earning's own lot, pending, active or ended; then from what ends soonest; then from what is pending.
    Held points stay held. For what is not there any more, ``policy`` decides: ``debt`` (the next credits pay it),
    ``within_balance`` (it is let go) or ``skip`` (all is let go, nothing taken). Where nothing is taken nothing is
    entered, and a retry looks again.
    """
    _check_common(account=account, key=key, by=by, at=at, source=source, reason=reason)
    _check_text("earned", earned, 1, 128)
    _check_points(points)
    _check_kind(kind, (Kind.CLAWBACK,))
    if policy not in POLICIES:
        raise InvalidInput(field="policy")
    return Clawback(*_call(CLAWBACK, (account, earned, points, policy, str(kind), key, by, at, source, reason)))


def set_begin(*, account, earned, active_from, expires_at, by, at):
    """Say from when, and until when (None: for ever), points can be used whose earning, with the key ``earned``, was
    booked as ``UNDATED`` (B5); returns the ``Begin``. Raises ``UnknownEntry``.

    Until they can be used this may be said again; ``UNDATED``, without an end, leaves it open again. What can be used
    by ``at`` stays so, and so does an earning that was booked with a date: the ``Begin`` says what holds. Said twice it
    changes nothing, so no key is needed.
    """
    _check_common(account=account, key=earned, by=by, at=at)
    _check_moment("active_from", active_from)
    if active_from == UNDATED:
        expires_at = None
    elif expires_at is not None:
        _check_moment("expires_at", expires_at)
        if expires_at <= active_from:
            raise InvalidInput(field="expires_at")
    return Begin(*_call(SET_BEGIN, (account, earned, active_from, expires_at, by, at)))


def adjust(*, account, points, key, by, at, reason, source="", expires_at=DEFAULT):
    """Correct an account by ``points``, more or fewer, for a ``reason`` in words (B11): an earning, or a debit that
    never goes below zero (``NotEnoughPoints``). ``expires_at`` is that of added points."""
    _check_text("reason", reason, 1, 200)
    if type(points) is int and points < 0:
        return spend(
            account=account, points=-points, kind=Kind.ADJUST, key=key, by=by, at=at, source=source, reason=reason
        )
    return earn(
        account=account, points=points, kind=Kind.ADJUST, key=key, by=by, at=at, source=source, reason=reason,
        expires_at=expires_at,
    )  # fmt: skip


def _call(sql, params):
    return call(sql, params, BY_SQLSTATE)[0]


def pieces_of(recorded):
    """The pieces of a recorded give-back (``breakdown`` of an entry, ``outcome`` of a hold), equal ends put
    together."""
    sums = {}
    for piece in recorded:
        ends = piece["expires_at"] and datetime.fromisoformat(piece["expires_at"])
        sums[ends, piece["grace"]] = sums.get((ends, piece["grace"]), 0) + piece["points"]
    return tuple(Piece(points, expires_at, grace) for (expires_at, grace), points in sums.items())


def _pieces(recorded, at):
    pieces = pieces_of(json.loads(recorded) if isinstance(recorded, str) else recorded)
    return pieces, sum(piece.points for piece in pieces if piece.expires_at is not None and piece.expires_at <= at)


def _check_common(*, account, key, by, at, source="", reason=""):
    if type(account) is not int or not 0 < account <= MAX_ID:
        raise InvalidInput(field="account")
    _check_text("key", key, 1, 128)
    _check_text("by", by, 1, 64)
    _check_text("source", source, 0, 64)
    _check_text("reason", reason, 0, 200)
    _check_moment("at", at)


def _check_points(points):
    if type(points) is not int or not 0 < points <= MAX_POINTS:
        raise InvalidInput(field="points")


def _check_kind(kind, allowed):
    if kind not in allowed:
        raise InvalidInput(field="kind")


def _check_text(field, value, least, most):
    if not isinstance(value, str) or not least <= len(value) <= most or "\0" in value:
        raise InvalidInput(field=field)


def _check_moment(field, value):
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(field=field)


def _check_grace(days):
    if type(days) is not int or not 0 <= days <= 3650:
        raise InvalidInput(field="grace_days")
