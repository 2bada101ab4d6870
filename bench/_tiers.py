"""The acts that ``bench.tiers`` measures, in a separate process: ``python -m bench._tiers ACT MEMBERS`` prints JSON."""

import json
import sys
import time
import uuid
from datetime import datetime

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - after setup()

from points import ledger  # noqa: E402 - after setup()
from points.tiers.services import tiers  # noqa: E402 - after setup()

AT = datetime.fromisoformat("2026-11-22T01:00:00+08:00")
CALLS = 3_000
MS = 1000
BARE = """
SELECT count(*) FROM (
    SELECT account_id, sum(points) FROM points_entry
    WHERE at >= '2025-11-23 00:00+08' AND at <= %s AND kind <> ALL ('{redeem,refund,expire}') GROUP BY account_id
) sums
"""


def recompute(members):
    """All members rise."""
    return _timed(tiers.recompute(at=AT))


def evaluate(members):
    """All members who are due are reviewed."""
    return _timed(tiers.evaluate(at=AT))


def bare(members):
    """Only the sums."""
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(BARE, [AT])
        cursor.fetchone()
    return {"seconds": time.perf_counter() - begun}


def consider(members):
    """Earnings, each in its transaction, and what judging adds to them."""
    earned, judged, run = 0.0, 0.0, uuid.uuid4()
    for n in range(CALLS):
        account = n * 37 % members + 1
        with transaction.atomic():
            begun = time.perf_counter()
            ledger.earn(account=account, points=1, kind="purchase", key=f"{run}:{n}", by="system:bench", at=AT)
            middle = time.perf_counter()
            tiers.consider(account, at=AT)
            judged += time.perf_counter() - middle
            earned += middle - begun
    return {"judged_ms": judged * MS / CALLS, "earned_ms": earned * MS / CALLS, "calls": CALLS}


def _timed(runs):
    begun = last = time.perf_counter()
    longest, turns = 0.0, 0
    for done in runs:
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        turns += sum(done.turns.values())
    return {"seconds": last - begun, "turns": turns, "longest_ms": longest * MS}


if __name__ == "__main__":
    acts = {function.__name__: function for function in (recompute, evaluate, bare, consider)}
    print(json.dumps(acts[sys.argv[1]](int(sys.argv[2]))))
