"""The steps that ``bench.rules`` measures; each does its work once and returns the number of purchases."""

from decimal import Decimal
from itertools import count

from core import clock
from points import ledger
from points.earning.queries import rule_sets as queries
from points.earning.rules import engine
from points.earning.services import rule_sets, scripts
from points.purchases.services import purchases

BY = "system:bench"
HUNDRED = 100
RULES = (
    ("ratio", {}),
    ("tier_multiplier", {}),
    ("category_bonus", {"categories": "imported_fruit", "percent": "50"}),
)
LINES = (("imported_fruit", 8850), ("seasonal_fruit", 1299), ("home", 25_00))


def prepare(source):
    """Version 2, in force for everybody: the three rules and a script."""
    now = clock.now()
    script = scripts.create(code="bench", name="Bench", source=source, by=BY, at=now)
    scripts.let_serve(version=script.versions.get(), by=BY, at=now)
    draft = rule_sets.create_draft(name="Bench", by=BY, at=now)
    for code, figures in (*RULES, ("script", {"script": "bench"})):
        rule_sets.add_rule(version=draft, code=code, figures=figures, by=BY, at=now)
    rule_sets.release(version=draft, starts_at=now, by=BY, at=now, confirmed=True)


def step(act, dice, members, own, run):
    """A function without arguments; ``own`` are members whom no other process touches, of all ``members``."""
    numbers = count()
    lines = [engine.Line(*line) for line in LINES]
    three = engine.build("v0", [{"rule": code, "figures": figures} for code, figures in RULES])
    earner = engine.Earner(1, "gold", Decimal("1.5"))

    def engine_alone():
        engine.purchase_points(three, earner, lines, None)
        return 1

    def scripted():
        now = clock.now()
        engine.purchase_points(queries.for_member(dice.randint(1, members), now), earner, lines, now)
        return 1

    def scripted_many():
        now = clock.now()
        rule_set = queries.for_member(dice.randint(1, members), now)
        return len(engine.purchases_points(rule_set, [(earner, lines, now)] * HUNDRED))

    def one(member):
        return {
            "member": member,
            "source": "mall",
            "number": f"{run}:{next(numbers)}",
            "lines": LINES,
            "paid_at": clock.now(),
        }

    def purchase():
        booked = purchases.record(**one(dice.randint(1, members)), by=BY, at=clock.now())
        assert booked.points
        return 1

    def many():
        found = [purchases.checked(**one(member)) for member in dice.sample(own, HUNDRED)]
        outcomes = purchases.record_many(found, by=BY, at=clock.now())
        assert all(outcome.points for outcome in outcomes)
        return HUNDRED

    def earn():
        ledger.earn(
            account=dice.randint(1, members),
            points=157,
            kind="purchase",
            key=f"{run}:{next(numbers)}",
            by=BY,
            at=clock.now(),
            source="order:1",
        )
        return 1

    return {
        "engine": engine_alone,
        "scripted": scripted,
        "scripted_many": scripted_many,
        "purchase": purchase,
        "many": many,
        "earn": earn,
    }[act]
