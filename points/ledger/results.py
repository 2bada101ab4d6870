"""What the functions of the ledger return."""

import json
from datetime import datetime
from typing import Any, NamedTuple


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


def pieces_of(recorded: list[dict[str, Any]]) -> tuple[Piece, ...]:
    """The pieces of a recorded give-back (``breakdown`` of an entry, ``outcome`` of a hold), equal ends put
    together."""
    sums: dict[tuple[datetime | None, bool], int] = {}
    for piece in recorded:
        ends = piece["expires_at"] and datetime.fromisoformat(piece["expires_at"])
        sums[ends, piece["grace"]] = sums.get((ends, piece["grace"]), 0) + piece["points"]
    return tuple(Piece(points, expires_at, grace) for (expires_at, grace), points in sums.items())


def pieces_and_lost(recorded: str | list[dict[str, Any]], at: datetime) -> tuple[tuple[Piece, ...], int]:
    """``(pieces, lost)`` of what the database recorded at the moment ``at``."""
    pieces = pieces_of(json.loads(recorded) if isinstance(recorded, str) else recorded)
    return pieces, sum(piece.points for piece in pieces if piece.expires_at is not None and piece.expires_at <= at)
