"""Counters with a time window: how often something may be done, over all processes (A3, A9, H3).

They are kept in PostgreSQL. In the cache, a daily limit would be lost when the cache is emptied, and attackers could
lift a limit by taking the cache down. One statement both counts and refuses, so exactly as many concurrent callers pass
as the limit allows. A window begins with the first count and ends ``seconds`` later.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from core.call import call
from core.crypto import fingerprint

# A crash of the database may lose the counts of the last half second; in return, counting does not wait for the disk.
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

    Spans are checked in order and checking stops at the first refusal: put short ones first, so that impatient callers
    do not use up their daily limit. A refusing span does not count the attempt. ``who`` is kept as a keyed hash.

    Never call it inside a transaction: the count must stay even if the act fails. Raises ``Busy``.
    """
    return all(_take(_name(what, who, seconds), most, at, timedelta(seconds=seconds)) for most, seconds in spans)


def give_back(what: str, who: object, spans: Iterable[Span], *, at: datetime) -> None:
    """Undo one ``take`` that turned out not to be what the limit guards against."""
    with transaction.atomic(durable=True):
        for _most, seconds in spans:
            call(GIVE_BACK, (_name(what, who, seconds), at))


def wait_s(what: str, who: object, spans: Iterable[Span], *, at: datetime) -> int:
    """Seconds after which ``take`` may let ``who`` pass again; at least one."""
    ends = [end for most, seconds in spans for (end,) in call(FULL, (_name(what, who, seconds), most, at))]
    return max((math.ceil((end - at).total_seconds()) for end in ends), default=1)


def prune(*, at: datetime) -> int:
    """Delete counters whose window is over; returns how many."""
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
