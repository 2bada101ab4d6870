"""The cost of rules: purchases per second through the engine alone, and through the engine, a script and the booking,
compared with a bare earning of the ledger.

The rules are three (ratio, tier, category) and a script that runs after them; a purchase has three lines.
"""

import json
import random
import sys
import time

import psycopg

from bench import _database, _rounds

MEMBERS = 2_000
CLIENTS = 4
RUN_S = 3
ENGINE_S = 1
TARGET = 5_000  # purchases a second in one process, without booking
ALONE = ("engine", "scripted", "scripted_many")  # acts without booking, in one process
SOURCE = """
function calculatePoints(userLevel, amount, isImported, facts) {
  if (amount >= 1000) return facts.points + 10;
  return facts.points;
}
"""


def rows():
    """The rows of ``make bench``."""
    with _database.mall_database("bench_rules") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            _database.add_members(connection, 1, MEMBERS)
            connection.execute("ANALYZE")
        _work(url, "prepare", processes=1)
        acts = {name: lambda name=name: _work(url, name, processes=1) for name in ALONE}
        acts |= {name: lambda name=name: _work(url, name, processes=CLIENTS) for name in ("purchase", "earn", "many")}
        found = _rounds.interleaved(acts)
        _database.audit(url)
    target = [TARGET] * _rounds.ROUNDS
    one = "one process, three lines a purchase"
    booked = f"{CLIENTS} processes, three lines a purchase, 3 rules and a script, a member at random of {MEMBERS:,}"
    against = "purchases/s against bare earnings/s"
    row, of_target = _rounds.rate_row, "purchases/s against the target"
    return [
        row("rules: engine with 3 rules", found["engine"], target, of_target, one, 1),
        row("rules: engine, 3 rules and a script", found["scripted"], target, of_target, one, 1),
        row(
            "rules: the same by the hundred",
            found["scripted_many"],
            target,
            of_target,
            f"{one}; as a file is worked",
            1,
        ),
        row("rules: purchases booked one by one", found["purchase"], found["earn"], against, booked, 0.25),
        row(
            "rules: purchases booked by the hundred",
            found["many"],
            found["earn"],
            against,
            f"{booked}; as a file is imported",
        ),
    ]


def _work(url, act, *, processes):
    """Total per second of that many processes."""
    started = [_database.start("bench.rules", act, number, url=url) for number in range(processes)]
    _database.go(started)
    return sum(json.loads(printed) for printed in _database.results(started, RUN_S + 120))


def main(act, number):
    """One process; prints its rate per second."""
    import django  # noqa: PLC0415 - only the measured processes have a database of their own

    django.setup()
    from django.db import connection  # noqa: PLC0415 - after setup()

    from bench import _rules  # noqa: PLC0415 - after setup()

    if act == "prepare":
        _rules.prepare(SOURCE)
        _database.begin_together()
        print(0)
        return
    dice = random.Random(int(number))
    own = range(1 + int(number), MEMBERS + 1, CLIENTS)  # files are imported one at a time, not against each other
    step = _rules.step(act, dice, MEMBERS, own, f"{number}:{time.time_ns()}")
    for _ in range(5):
        step()
    connection.ensure_connection()
    _database.begin_together()
    lasts = ENGINE_S if act in ALONE else RUN_S
    begun, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < lasts:
        done += step()
    print(done / passed)


if __name__ == "__main__":
    main(*sys.argv[1:])
