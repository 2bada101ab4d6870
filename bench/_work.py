"""The acts of the measuring processes, one each: ``python -m bench._work ACT ARGUMENTS``. Each says ``ready``, waits,
works and prints one JSON object."""

import json
import random
import resource
import select
import statistics
import sys
import time
from datetime import datetime, timedelta

import django

from bench._database import begin_together

django.setup()

from django.db import connection  # noqa: E402 - after setup()

from core import actors, approvals, clock  # noqa: E402 - after setup()
from points import ledger  # noqa: E402 - after setup()
from points.earning.rules import engine, presets  # noqa: E402 - after setup()
from points.grants.services import granting  # noqa: E402 - after setup()
from points.ledger import queries  # noqa: E402 - after setup()
from points.ledger.services import expiry  # noqa: E402 - after setup()
from points.purchases.services import purchase_import, what_if  # noqa: E402 - after setup()

MS = 1000
KB_PER_MB = 1024
CLERK, HEAD = actors.staff(2**40), actors.staff(2**40 + 1)  # no members of the scratch database


def reads(first, last, times):
    """Median milliseconds of a balance and of a page of history, of members drawn from ``first`` to ``last``."""
    dice = random.Random(1)
    at = clock.now()
    acts = {
        "balance": lambda member: queries.balance(member, at=at),
        "history": lambda member: queries.history(member),
        "older": lambda member: queries.history(member, before=20, kind="used"),
    }
    for act in acts.values():
        for _ in range(200):
            act(dice.randint(first, last))
    begin_together()
    took = {name: [] for name in acts}
    for _ in range(times):
        for name, act in acts.items():
            member = dice.randint(first, last)
            begun = time.perf_counter()
            act(member)
            took[name].append(time.perf_counter() - begun)
    return {name: statistics.median(times) * MS for name, times in took.items()}


def sweep(at):
    """Book out all that ended by ``at``, as the daily run does."""
    at = datetime.fromisoformat(at)
    connection.ensure_connection()
    begin_together()
    begun = time.perf_counter()
    chunks = list(expiry.expire_points(by=actors.system("bench"), at=at))
    return {"seconds": time.perf_counter() - begun, "lots": sum(chunk.lots for chunk in chunks), "chunks": len(chunks)}


def spender(first, last):
    """Spend one point of a random member after the other, until told to stop; returns how long the calls took."""
    dice = random.Random(2)
    took = []
    begin_together()
    while not select.select([sys.stdin], [], [], 0)[0]:
        begun = time.perf_counter()
        ledger.spend(
            account=dice.randint(first, last),
            points=1,
            kind="redeem",
            key=f"spender:{len(took)}",
            by="system:bench",
            at=clock.now(),
        )
        took.append(time.perf_counter() - begun)
    return {"calls": len(took), "median_ms": statistics.median(took) * MS, "longest_ms": max(took) * MS}


def grant(path):
    """A file of points, from its bytes to the last entry: checked, approved by a second person, given."""
    with open(path, "rb") as file:
        content = file.read()
    begin_together()
    begun = time.perf_counter()
    bulk = granting.take_in(
        name="bench.csv", content=content, reason="event", skip_refused=False, by=CLERK, at=clock.now()
    )
    granting.judge(grant=bulk, at=clock.now())
    judged = time.perf_counter()
    bulk = granting.start(grant=bulk, by=CLERK, at=clock.now())
    if bulk.state == bulk.State.PENDING:
        approvals.approve(approval=bulk.approval, by=HEAD, at=clock.now())
    bulk = granting.work_off(grant=bulk, at=clock.now())
    return {"granted": bulk.granted, "seconds": time.perf_counter() - begun, "check_seconds": judged - begun}


def one_by_one(first, last):
    """The same gift by one call a member, each its own transaction."""
    begin_together()
    begun = time.perf_counter()
    for member in range(first, last + 1):
        ledger.earn(account=member, points=50, kind="adjust", key="one", by=CLERK, at=clock.now(), reason="活动补发")
    return {"granted": last - first + 1, "seconds": time.perf_counter() - begun}


def import_purchases(path):
    """A file of purchases, from its bytes to the last entry."""
    with open(path, "rb") as file:
        content = file.read()
    connection.ensure_connection()
    begin_together()
    begun = time.perf_counter()
    report = purchase_import.run(content, by=CLERK, at=clock.now())
    return {"seconds": time.perf_counter() - begun, "booked": report.purchases, "refused": report.refused_lines}


def replay():
    """The default rules over all purchases of the last month."""
    draft = engine.build("v2", presets.S2.rules)
    connection.ensure_connection()
    begin_together()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    now = clock.now()
    totals = what_if.replay(draft, now - timedelta(days=30), now)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": seconds,
        "lines": totals.lines,
        "peak_mb": peak / KB_PER_MB,
        "grown_mb": (peak - before) / KB_PER_MB,
    }


def main(act, *arguments):
    acts = {
        function.__name__: function for function in (reads, sweep, spender, grant, one_by_one, import_purchases, replay)
    }
    print(json.dumps(acts[act](*(int(text) if text.isdigit() else text for text in arguments))))


if __name__ == "__main__":
    main(*sys.argv[1:])
