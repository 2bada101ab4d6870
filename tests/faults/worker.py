"""A process that posts to the ledger without end, and writes down, on disk, what was acknowledged.

Step ``n`` of worker ``w`` is made from the two numbers and from what was acknowledged before, so that a worker that
was killed comes back with the very same step, under the same key ``w:n``. Whatever happens to the database meanwhile,
a step is called again until it is answered: done, or refused.
"""

import json
import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

ACCOUNTS = range(1, 7)
AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def main(folder, number):
    django.setup()
    stop = folder / "stop"
    with Log(folder / f"{number}.log") as log:
        while not stop.exists():
            calls = plan(number, log)
            log.write(answer(calls))


class Log:
    """One JSON line an answered step, on disk before the next step begins."""

    def __init__(self, path):
        self.path = path
        self.steps = 0
        self.earned, self.spent = [], []
        self.held = {}

    def __enter__(self):
        self.file = open(self.path, "a+b")
        self.file.seek(0)
        whole = 0
        for line in self.file:
            if line.endswith(b"\n"):  # the last may be half a line
                whole += len(line)
                self._take(json.loads(line))
        self.file.truncate(whole)
        return self

    def __exit__(self, *exception):
        self.file.close()

    def write(self, answered):
        self.file.write(json.dumps(answered).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self._take(answered)

    def _take(self, answered):
        self.steps += 1
        for done in answered["done"]:
            if done["verb"] == "earn":
                self.earned.append(done)
            elif done["verb"] == "spend":
                self.spent.append(done)
            elif done["verb"] == "hold":
                self.held[done["key"]] = done
            elif done["verb"] in ("capture", "release"):
                self.held.pop(done["hold"])


def plan(number, log):
    """The calls of the next step; more than one are for one transaction."""
    key = f"{number}:{log.steps}"
    dice = random.Random(key)
    verb = dice.choice(
        ["earn", "earn", "spend", "spend", "hold", "hold", "settle", "refund", "gift", "clawback", "sweep"]
    )
    account, points = dice.choice(ACCOUNTS), dice.randint(1, 60)
    common = {"key": key, "at": AT + timedelta(minutes=log.steps)}
    earn = {
        "verb": "earn",
        "account": account,
        "points": points * 2,
        "kind": "campaign",
        "expires_at": common["at"] + timedelta(minutes=dice.randint(10, 2000)),
        **common,
    }
    spend = {"verb": "spend", "account": account, "points": points, "kind": "redeem", **common}
    if verb == "settle" and log.held:
        held = log.held[dice.choice(sorted(log.held))]
        verb = dice.choice(["capture", "release"])
        return [{"verb": verb, "account": held["account"], "hold": held["key"], **common}]
    if verb == "refund" and log.spent:
        spent = dice.choice(log.spent)
        return [{"verb": "refund", "account": spent["account"], "spent": spent["key"], "points": points, **common}]
    if verb == "clawback" and log.earned:
        earned = dice.choice(log.earned)
        return [{"verb": "clawback", "account": earned["account"], "earned": earned["key"], "points": points, **common}]
    if verb == "sweep":  # the expiry run; it has keys of its own
        return [{"verb": "sweep", "accounts": list(ACCOUNTS), "at": common["at"]}]
    if verb == "gift":  # of one member to another, locked in the order of their numbers
        other = dice.choice([other for other in ACCOUNTS if other != account])
        return sorted([spend, {**earn, "account": other, "points": points}], key=lambda call: call["account"])
    if verb == "hold":
        return [{"verb": "hold", "account": account, "points": points, **common}]
    return [spend if verb == "spend" else earn]


def answer(calls):
    """What became of a step, however long that takes."""
    from django.db import InterfaceError, OperationalError, connection

    from core.errors import Busy, DomainError

    tries = 0
    while True:
        tries += 1
        try:
            results = post(calls)
        except Busy:
            continue
        except DomainError as refusal:
            return {"keys": [call["key"] for call in calls], "done": [], "refused": refusal.code, "tries": tries}
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(0.05)
            continue
        repeated = {getattr(result, "repeated", False) for result in results}
        assert len(repeated) == 1, f"half a transaction was there: {calls}"
        written = [
            {
                **{name: call[name] for name in ("verb", "account", "key", "hold") if name in call},
                "seq": getattr(result, "seq", None),
                "points": -(result.taken + result.owed) if call["verb"] == "clawback" else result.points,
            }
            for call, result in zip(calls, results, strict=True)
            if call["verb"] != "sweep"
        ]
        return {"done": [call for call in written if call["points"]], "repeated": repeated.pop(), "tries": tries}


def post(calls):
    from django.db import transaction

    from points import ledger

    def one(call):
        arguments = {name: value for name, value in call.items() if name != "verb"}
        act = ledger.expire if call["verb"] == "sweep" else getattr(ledger, call["verb"])
        return act(**arguments, by="system:faults")

    if len(calls) == 1:
        return [one(calls[0])]
    with transaction.atomic():
        return [one(call) for call in calls]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
