"""What rules cost: purchases a second through the engine alone, and through the engine, a script and the booking beside
the bare earning of the ledger.

The rules are three (ratio, tier, category) and a script that runs after them; a purchase has three lines.
"""

import json
import random
import sys
import time

import psycopg

from bench import _database

MEMBERS = 2_000
CLIENTS = 4
RUNS = 3
RUN_S = 5
ENGINE_S = 2
TARGET = 5_000  # purchases a second in one process, without booking
SOURCE = """
function calculatePoints(userLevel, amount, isImported, facts) {
  if (amount >= 1000) return facts.points + 10;
  return facts.points;
}
"""


def rows():
    """The rows of ``make bench``: medians of ``RUNS`` runs."""
    found = {name: [] for name in ("engine", "scripted", "purchase", "many", "earn")}
    with _database.mall_database("bench_rules") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            _database.add_members(connection, 1, MEMBERS)
            connection.execute("ANALYZE")
        _work(url, "prepare", processes=1)
        for _ in range(RUNS):
            for name, figures in found.items():
                figures.append(_work(url, name, processes=1 if name in ("engine", "scripted") else CLIENTS))
        _database.audit(url)
    middle = {name: _database.median(figures) for name, figures in found.items()}

    def row(name, ours, reference, unit, note):
        return {
            "name": name,
            "ours": round(middle[ours]),
            "reference": round(middle.get(reference, TARGET)),
            "unit": unit,
            "ratio": round(middle[ours] / middle.get(reference, TARGET), 2),
            "note": f"medians of {RUNS}; ours {_database.spread(found[ours])}; {note}",
        }

    one = "one process, three lines a purchase"
    booked = f"{CLIENTS} processes, three lines a purchase, 3 rules and a script, a member at random of {MEMBERS:,}"
    against = "purchases/s against bare earnings/s"
    return [
        row("rules: engine with 3 rules", "engine", None, "purchases/s against the target", one),
        row("rules: engine, 3 rules and a script", "scripted", None, "purchases/s against the target", one),
        row("rules: purchases booked one by one", "purchase", "earn", against, booked),
        row("rules: purchases booked by the hundred", "many", "earn", against, f"{booked}; as a file is imported"),
    ]


def _work(url, act, *, processes):
    """What so many processes did a second, together."""
    started = [_database.start("bench.rules", act, number, url=url) for number in range(processes)]
    _database.go(started)
    return sum(json.loads(printed) for printed in _database.results(started, RUN_S + 120))


def main(act, number):
    """One process; prints what it did a second."""
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
    lasts = ENGINE_S if act in ("engine", "scripted") else RUN_S
    begun, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < lasts:
        done += step()
    print(done / passed)


if __name__ == "__main__":
    main(*sys.argv[1:])
