"""Counters with a window: how often something may be done, however many ask at once and wherever (A3, A9, H3).

They lie in PostgreSQL. A day's limit that ends when the cache is emptied is none, and a limit that opens while the
cache is away invites whoever makes it go away. One statement counts and refuses, so that of any number of callers at
once exactly as many pass as may. A window begins with the first count and is over ``seconds`` later.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from core.call import call
from core.crypto import fingerprint

# Counts are lost with the last half second before a crash of the database, and need no flush of their own.
TAKE = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO core_counter AS kept (name, count, ends_at)
SELECT %s, 1, %s FROM quick
ON CONFLICT (name) DO UPDATE
SET count = CASE WHEN kept.ends_at <= %s THEN 1 ELSE kept.count + 1 END,
    ends_at = CASE WHEN kept.ends_at <= %s THEN excluded.ends_at ELSE kept.ends_at END
WHERE kept.ends_at <= %s OR kept.count < %s
RETURNING count
"""
GIVE_BACK = "UPDATE core_counter SET count = count - 1 WHERE name = %s AND count > 0 AND ends_at > %s RETURNING count"
FULL = "SELECT ends_at FROM core_counter WHERE name = %s AND count >= %s AND ends_at > %s"
PRUNE = """
DELETE FROM core_counter
WHERE ends_at <= %s AND ctid = ANY (ARRAY (SELECT ctid FROM core_counter WHERE ends_at <= %s LIMIT %s))
RETURNING 1
"""
BATCH = 10_000

Span = tuple[int, int]  # (most, seconds)


def take(what: str, who: object, spans: Iterable[Span], *, at: datetime) -> bool:
    """Count one more ``what`` of ``who``; True when each of ``spans``, pairs of ``(most, seconds)``, allows it.

    Spans are asked in their order and the first that refuses ends it: put short ones first, so that impatience costs
    no day. What is refused is not counted. ``who`` is kept as a keyed hash.

    Never inside a transaction: what is counted stays counted whatever becomes of the act. Raises ``Busy``.
    """
    return all(_take(_name(what, who, seconds), most, at, timedelta(seconds=seconds)) for most, seconds in spans)


def give_back(what: str, who: object, spans: Iterable[Span], *, at: datetime) -> None:
    """Undo one ``take``: what was counted turned out to be none of what the limit is against."""
    with transaction.atomic(durable=True):
        for _most, seconds in spans:
            call(GIVE_BACK, (_name(what, who, seconds), at))


def wait_s(what: str, who: object, spans: Iterable[Span], *, at: datetime) -> int:
    """Seconds after which ``take`` may let ``who`` pass again; at least one."""
    ends = [end for most, seconds in spans for (end,) in call(FULL, (_name(what, who, seconds), most, at))]
    return max((math.ceil((end - at).total_seconds()) for end in ends), default=1)


def prune(*, at: datetime) -> int:
    """Forget counters whose window is over; returns how many there were."""
    count = 0
    while found := len(call(PRUNE, (at, at, BATCH))):
        count += found
    return count


def _take(name: str, most: int, at: datetime, span: timedelta) -> bool:
    if most < 1:
        return False
    with transaction.atomic(durable=True):
        return bool(call(TAKE, (name, at + span, at, at, at, most)))


def _name(what: str, who: object, seconds: int) -> str:
    return f"{what}:{seconds}:{fingerprint(str(who))}"
