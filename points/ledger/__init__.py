"""The points ledger, and the only way to change points (B1-B8).

Every function is one PL/pgSQL function of ``points/ledger/sql/``, one round trip, in the caller's transaction or its
own. It locks the account row first, then looks the key up: the same key with the same content changes nothing and
returns the first result with ``repeated=True``; with another content it raises ``KeyReused``. Keys of entries, holds
and releases are one namespace for each account. Refusals are the named errors below; after one, nothing was written.

``account`` is a member's user id, ``points`` an integer from 1 to 2,147,483,647, ``key`` a text of 1 to 128
characters that does not begin as the ledger's own keys do (``expire:``, ``begin:``), ``by`` a text of ``core.actors``,
``at`` an aware moment of the years 1970 to 8999. ``available`` in a result is what can be spent at ``at``, after the
call. What a member owes after a clawback is paid by the next points that come in, whatever the way: ``paid_debt`` of a
result says how many of its points did that.
"""

from points.ledger.batches import MOST_ACCOUNTS, Expired, earn_many, expire, lock
from points.ledger.checks import MAX_POINTS, POLICIES
from points.ledger.earnings import DEFAULT, Earning
from points.ledger.errors import (
    HoldNotOpen,
    KeyReused,
    NotEnoughPoints,
    TooMuchClawedBack,
    TooMuchRefunded,
    UnknownAccount,
    UnknownEntry,
    UnknownHold,
)
from points.ledger.models import UNDATED
from points.ledger.postings import adjust, capture, clawback, earn, hold, refund, release, set_begin, spend
from points.ledger.results import Begin, Clawback, Hold, Piece, Posting, Refund, Released, pieces_of

__all__ = [
    "DEFAULT",
    "MAX_POINTS",
    "MOST_ACCOUNTS",
    "POLICIES",
    "UNDATED",
    "Begin",
    "Clawback",
    "Earning",
    "Expired",
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
    "earn_many",
    "expire",
    "hold",
    "lock",
    "pieces_of",
    "refund",
    "release",
    "set_begin",
    "spend",
]
