"""A draft of rules over what members really bought (C15)."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from points.earning.queries import rule_sets
from points.earning.rules import engine, presets
from points.purchases.models import Purchase, WhatIfRun
from points.purchases.services import what_if
from tests.points.earning.conftest import AT, DAY, buy, give_back, new_member

S2 = presets.S2.rules


def rules(*, yuan=1, points=1):
    """The preset with another ratio."""
    found = [entry for entry in S2 if entry["rule"] not in {"ratio"}]
    ratio = next(entry for entry in S2 if entry["rule"] == "ratio")
    figures = dict(ratio["figures"]) | {"points": points, "yuan": yuan}
    return engine.build("v9", [{"rule": "ratio", "figures": figures}, *found])


def replay(rule_set=None, days=30):
    return what_if.replay(rule_set or engine.build("v9", S2), AT - days * DAY, AT).result()


def test_the_rules_in_force_change_nothing(db):
    for n in range(3):
        member = new_member()
        buy(member, 100 * (n + 1), paid_at=AT - DAY)
        buy(member, lines=[("imported_fruit", 5_050), ("tea", 3_030)], paid_at=AT - 2 * DAY)
    found = replay()
    assert (found["purchases"], found["lines"], found["members"]) == (6, 9, 3)
    assert found["old_points"] == found["new_points"] > 0
    assert (found["worth_fen"], found["samples"]) == (0, [])
    assert found["tiers"]["normal"]["same"] == 3
    assert [day for day, _old, _new in found["days"]] == ["2026-11-18", "2026-11-19"]


def test_twice_the_points(db):
    small, large = new_member(), new_member()
    buy(small, 100, paid_at=AT - DAY)
    buy(large, 900, paid_at=AT - DAY)
    found = replay(rules(points=2))
    assert (found["old_points"], found["new_points"]) == (1000, 2000)
    assert found["worth_fen"] == 1000  # 100 points are a yuan
    assert found["tiers"] == {"normal": {"winners": 2, "losers": 0, "same": 0, "old_points": 1000, "new_points": 2000}}
    assert found["samples"] == [
        [large, "normal", 1, 90_000, 900, 1800],
        [small, "normal", 1, 10_000, 100, 200],
    ]


def test_losers_stand_beside_winners(db):
    members = [new_member() for _ in range(30)]
    for n, member in enumerate(members):
        buy(member, lines=[("imported_fruit" if n % 2 else "tea", 10_000)], paid_at=AT - DAY)
    bonus_for_tea = [
        {"rule": e["rule"], "figures": {**e["figures"], "categories": "tea"}}
        if e["rule"] == "category_bonus" and e["figures"]["categories"] == "imported_fruit"
        else e
        for e in S2
    ]
    found = replay(engine.build("v9", bonus_for_tea))
    assert found["tiers"]["normal"]["winners"] == found["tiers"]["normal"]["losers"] == 15
    changes = [new - old for *_rest, old, new in found["samples"]]
    assert changes == [50] * 5 + [-50] * 5


def test_what_was_refunded_does_not_count(db):
    buy(new_member(), 100, number="A", paid_at=AT - 2 * DAY)
    give_back("A", 40, at=AT - DAY)
    found = replay(rules(points=2))
    assert (found["old_points"], found["new_points"]) == (60, 120)


def test_the_tier_of_that_time_counts(db):
    member = new_member()
    buy(member, 1000, paid_at=AT - 60 * DAY)
    buy(member, 100, paid_at=AT - DAY)
    assert Purchase.objects.order_by("-paid_at").first().tier == "silver"
    found = replay()
    assert (found["old_points"], found["new_points"]) == (120, 120)
    assert list(found["tiers"]) == ["silver"]


def test_only_the_window_counts(db):
    member = new_member()
    for days in (0, 1, 30, 31):
        buy(member, 10, paid_at=AT - days * DAY)
    assert replay(days=30)["purchases"] == 2  # a moment that is the end counts no more, that of the beginning does


def test_the_drafts_caps_count(db, monkeypatch):
    member = new_member()
    for n in range(3):
        buy(member, 100, paid_at=AT - DAY + timedelta(minutes=n))
    buy(member, 100, paid_at=AT - 2 * DAY)
    draft = engine.build("v9", S2)
    monkeypatch.setattr(engine, "caps", lambda rule_set: engine.Caps(None, {"purchase": (250, None)}))
    assert replay(draft)["new_points"] == 350
    monkeypatch.setattr(engine, "caps", lambda rule_set: engine.Caps(150, {"purchase": (None, 2)}))
    assert replay(draft)["new_points"] == 250


def test_a_run_tells_its_progress_and_keeps_its_result(db, monkeypatch):
    monkeypatch.setattr(what_if, "STEP", 1)
    buy(new_member(), 100, paid_at=AT - DAY)
    run = what_if.start(rule_version="v1", days=30, by="staff:1", at=AT)
    assert (run.state, run.percent) == ("waiting", 0)
    done = what_if.work_off(run=run, at=AT + DAY)
    assert (done.state, done.percent, done.finished_at) == ("done", 100, AT + DAY)
    assert done.result["new_points"] == 100
    assert what_if.work_off(run=run, at=AT + 2 * DAY).finished_at == AT + DAY


def test_a_job_that_died_begins_anew(db):
    buy(new_member(), 100, paid_at=AT - DAY)
    run = what_if.start(rule_version="v1", days=90, by="staff:1", at=AT)
    WhatIfRun.objects.filter(pk=run.pk).update(state="running", purchases=9, replayed=5)
    assert what_if.work_off(run=run, at=AT).result["purchases"] == 1


def test_rules_that_break_say_so(db, monkeypatch):
    def fails(*args):
        raise ZeroDivisionError

    buy(new_member(), 100, paid_at=AT - DAY)
    run = what_if.start(rule_version="v1", days=30, by="staff:1", at=AT)
    monkeypatch.setattr(engine, "purchases_points", fails)
    run = what_if.work_off(run=run, at=AT)
    assert (run.state, run.result) == ("failed", None)
    assert run.problem


def test_nothing_was_bought(db):
    run = what_if.work_off(run=what_if.start(rule_version="v1", days=30, by="staff:1", at=AT), at=AT)
    assert (run.state, run.result["purchases"], run.result["days"]) == ("done", 0, [])


@pytest.mark.parametrize("version", ["v99", "x", ""])
def test_unknown_rules(db, version):
    with pytest.raises(what_if.RulesUnknown):
        what_if.start(rule_version=version, days=30, by="staff:1", at=AT)


def test_odd_periods(db):
    with pytest.raises(InvalidInput):
        what_if.start(rule_version="v1", days=31, by="staff:1", at=AT)


def test_a_replay_is_a_few_statements_whatever_its_size(db, django_assert_max_num_queries):
    for _ in range(12):
        buy(new_member(), 10, paid_at=AT - DAY)
    draft = engine.build("v9", S2)
    rule_sets.RELEASES.get()
    with django_assert_max_num_queries(4):
        what_if.replay(draft, AT - 30 * DAY, AT)
