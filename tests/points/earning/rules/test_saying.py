"""What is said is what is booked (C8, C11): over random rules, scripts, tiers, carts and days."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from points.earning import wording
from points.earning.queries import rule_sets
from points.earning.rules import engine, saying, scripts
from points.earning.rules.engine import BEHAVIOURS, MOST_POINTS, Line
from points.earning.rules.presets import PRESETS, S2
from points.tiers import rules as tiers

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
EARNERS = [rule_sets.earner(None, tier) for tier in tiers.DEFAULTS]
BY_TIER = {earner.tier: earner for earner in EARNERS}
CATEGORIES = ("imported_fruit", "seasonal_fruit", "tea", "")
NAMES = {code: {"zh": f"类{code}", "en": f"Goods {code}"} for code in CATEGORIES if code}
SCRIPTS = {
    "flat": "function calculatePoints(level, amount) { return Math.floor(amount / 3) }",
    "tiers": "function calculatePoints(level, amount, imported) {"
    " return amount * (level === GOLD ? 2 : 1) * (imported ? 1.5 : 1) }",
    "steps": "function calculatePoints(level, amount) { return amount >= 100 ? 30 : 1 }",
    "reads": "function calculatePoints(level, amount, imported, facts) {"
    " return facts.category === 'tea' ? 7 : facts.points + 0.5 }",
    "apart": "function calculatePoints(level, amount, imported, facts) {"
    " if (amount > 5000 && facts.category === 'tea') return 5;"
    " return amount > 500 && level === GOLD && facts.category ? 9 : 1 }",
    "broken": "function calculatePoints() { throw 1 }",
}


def figures(least, most, places=0):
    return st.integers(least * 10**places, most * 10**places).map(lambda n: str(Decimal(n) / 10**places))


def entry(code, **fields):
    return st.fixed_dictionaries(fields).map(lambda found: {"rule": code, "figures": found})


ratio = entry("ratio", points=st.integers(1, 50) | st.just(0), yuan=st.sampled_from([1, 3, 7, 10, 50, 1000]))
multiplier = entry("tier_multiplier", **{tier: figures(0, 4, 2) for tier in BY_TIER})
bonus = entry(
    "category_bonus",
    categories=st.sampled_from(["imported_fruit", "seasonal_fruit, tea", "imported_fruit,tea"]),
    name=st.sampled_from(["", "进口水果", "茶"]),
    percent=figures(-100, 200, 1),
)
behaviour = entry("behaviour", behaviour=st.sampled_from(list(BEHAVIOURS)), points=st.integers(0, 300))
picture = entry("picture_bonus", percent=figures(-100, 200, 1))
daily_cap = entry("daily_cap", points=st.integers(1, 3000))
behaviour_cap = entry(
    "behaviour_cap",
    behaviour=st.sampled_from(["purchase", "share", "review", "sign_in"]),
    points=st.integers(0, 1500),
    times=st.integers(0, 3),
)
script = entry(
    "script", script=st.sampled_from([*SCRIPTS, "missing"]), imported=st.sampled_from(["imported_fruit,tea", ""])
)


def sets(*kinds):
    """Lists of rules; three of four begin with a ratio, as sensible ones do."""
    rest = st.lists(st.one_of(*kinds), max_size=6)
    sensible = st.tuples(ratio, rest).map(lambda found: [found[0], *found[1]])
    return st.one_of(sensible, sensible, sensible, rest)


with_rates = sets(ratio, multiplier, bonus, bonus, behaviour, picture, daily_cap, behaviour_cap)
with_scripts = sets(ratio, multiplier, bonus, script, script, daily_cap, behaviour_cap)
cart = st.lists(st.tuples(st.sampled_from(CATEGORIES), st.integers(0, 10_000_000)), min_size=1, max_size=5)
tier = st.sampled_from(list(BY_TIER))


@pytest.fixture(autouse=True)
def serving_scripts(parameters):
    scripts.SCRIPTS.pin(
        {code: [scripts.Version(-n, 1, code, source)] for n, (code, source) in enumerate(SCRIPTS.items(), 1)}
    )
    yield
    scripts.SCRIPTS.forget()
    scripts._failed.clear()


@pytest.fixture(autouse=True)
def nothing_is_reported(monkeypatch):
    monkeypatch.setattr(scripts, "listeners", [])


def built(stored, version="v7", **rest):
    return engine.build(version, stored, **rest)


def booked(rule_set, earner, lines):
    """As the services do it, on a day without other earnings."""
    outcome = engine.purchase_points(rule_set, earner, [Line(*line) for line in lines], AT)
    return saying.within(engine.caps(rule_set), engine.PURCHASE, outcome.points)[0]


def as_read(said, rule_set, lines):
    """What somebody who can only read what is said reckons for a cart."""
    exact = sum((a_yuan(said, category) * fen / 100 for category, fen in lines), Decimal(0))
    whole = min(int((exact + engine.HAIR).to_integral_value(ROUND_FLOOR)), MOST_POINTS)
    caps = engine.caps(rule_set)
    points_a_day, _times = caps.by_behaviour.get("purchase", (None, None))
    return min(most for most in (whole, points_a_day, caps.total_points_a_day) if most is not None)


def a_yuan(said, category):
    rates = {code: rate.points / rate.yuan for rate in said.rates for code in rate.codes or [saying.OTHER]}
    percents = {code: bonus.percent for bonus in said.bonuses for code in bonus.codes}
    other = rates.get(saying.OTHER, Decimal(0))
    return rates.get(category, other * (100 + percents.get(category, 0)) / 100)


def check_names(said, groups):
    """No name stands for two things."""
    shown = [{name["zh"] for code in group.codes for name in said.names[code]} for group in groups if group.codes]
    assert sum(len(names) for names in shown) == len(set().union(*shown))


@settings(max_examples=300, deadline=None)
@given(with_rates, tier, cart)
def test_rates_and_bonuses_give_what_is_booked(stored, tier, lines):
    rule_set, earner = built(stored), BY_TIER[tier]
    said = saying.of_purchases(rule_set, earner, AT, NAMES)
    if said.examples:  # a figure that has no end
        return
    check_names(said, [*said.rates, *said.bonuses])
    assert as_read(said, rule_set, lines) == booked(rule_set, earner, lines)
    assert said.earns == any(booked(built(no_caps(stored)), earner, [(c, 10**9)]) for c in CATEGORIES)


def no_caps(stored):
    return [one for one in stored if not one["rule"].endswith("cap")]


@settings(max_examples=200, deadline=None)
@given(st.one_of(with_rates, with_scripts), st.one_of(st.none(), with_rates, with_scripts), tier)
def test_examples_are_booked(stored, former, tier):
    rule_set, earner = built(stored), BY_TIER[tier]
    if former is not None:
        rule_set = replace(rule_set, former=built(former, "v6"), former_until=AT)
    said = saying.of_purchases(rule_set, earner, AT, NAMES)
    check_names(said, said.examples)
    spoken_of = {code: example.points for example in said.examples for code in example.codes}
    for code in CATEGORIES if said.examples else ():
        points = [booked(rule_set, earner, [(code, yuan * 100)]) for yuan in saying.AMOUNTS_YUAN]
        if code in spoken_of or code in rule_set_codes(rule_set):
            assert list(spoken_of.get(code, said.examples[0].points)) == points
        else:  # goods that no rule names are like others, as far as one amount can tell
            assert said.examples[0].points[1] == points[1]


def rule_set_codes(rule_set):
    return {code for rule in rule_set.rules for code in rule.goods()}


@settings(max_examples=200, deadline=None)
@given(st.one_of(with_rates, with_scripts), st.one_of(st.none(), with_rates), cart)
def test_a_multiplier_holds_for_every_cart(stored, former, lines):
    rule_set = built(no_caps(stored))
    if former is not None:
        rule_set = replace(rule_set, former=built(no_caps(former), "v6"), former_until=AT)
    times = saying.times(rule_set, EARNERS, AT)
    if not times:
        return
    lines = [(category, fen * 1000) for category, fen in lines]
    lowest = booked(rule_set, EARNERS[0], lines)
    for earner in EARNERS:
        found = booked(rule_set, earner, lines)
        assert min(lowest * times[earner.tier], MOST_POINTS) <= found + 1
        assert found <= min((lowest + 1) * times[earner.tier], MOST_POINTS)


@settings(max_examples=100, deadline=None)
@given(with_rates, with_rates, tier, cart)
def test_while_rules_change_nobody_gets_less_than_is_said(stored, former, tier, lines):
    stored, former = no_caps(stored), no_caps(former)
    rule_set = replace(built(stored), former=built(former, "v6"), former_until=AT)
    said = saying.of_purchases(rule_set, BY_TIER[tier], AT, NAMES)
    if not said.examples:
        assert booked(rule_set, BY_TIER[tier], lines) >= booked(built(stored), BY_TIER[tier], lines)
        assert said == saying.of_purchases(built(stored), BY_TIER[tier], AT, NAMES)


@settings(max_examples=100, deadline=None)
@given(with_rates, tier)
def test_acts_give_what_is_said(stored, tier):
    rule_set, earner = built(stored), BY_TIER[tier]
    said = {(behaviour, special): points for behaviour, special, points in saying.of_behaviours(rule_set, earner, AT)}
    for behaviour in set(BEHAVIOURS) - engine.WITH_BASE:
        outcome = engine.behaviour_points(rule_set, earner, behaviour, AT)
        points, _steps = saying.within(engine.caps(rule_set), behaviour, outcome.points)
        assert said.get((behaviour, False), 0) == points
    pictures = engine.behaviour_points(rule_set, earner, "review", AT, facts={"pictures": 3})
    points, _steps = saying.within(engine.caps(rule_set), "review", pictures.points)
    assert said.get(("review", True), said.get(("review", False), 0)) == points


# By hand


def rules(*entries):
    return built([{"rule": code, "figures": found} for code, found in entries])


def read(rule_set, tier="gold", language="en"):
    with translation.override(language):
        said = saying.of_purchases(rule_set, BY_TIER[tier], AT, NAMES)
        return wording.of_purchases(said), wording.examples(said)


def test_the_default_rules_as_a_gold_member_reads_them():
    assert read(built(S2.rules)) == (
        [
            "Every ¥1 paid gives 1.5 points. Amounts in between count in proportion.",
            "Imported fruit: +50% points.",
            "Seasonal fruit: +30% points.",
        ],
        [],
    )


def test_a_multiplier_of_the_rules_beats_that_of_the_tier():
    double = built(PRESETS["double"].rules)
    assert read(double, "silver")[0] == ["Every ¥10 paid gives 1 points. Amounts in between count in proportion."]
    assert read(double, "gold")[0] == ["Every ¥5 paid gives 1 points. Amounts in between count in proportion."]
    assert saying.times(double, EARNERS, AT) == {"normal": 1, "silver": 1, "gold": 2, "diamond": 2}


def test_what_stands_before_the_ratio_is_not_promised():
    late = rules(("tier_multiplier", {}), ("category_bonus", {"name": "进口水果"}), ("ratio", {}))
    assert read(late)[0] == ["Every ¥1 paid gives 1 points. Amounts in between count in proportion."]
    assert saying.times(late, EARNERS, AT) == dict.fromkeys(BY_TIER, 1)


def test_two_ratios_are_one_figure():
    assert read(rules(("ratio", {}), ("ratio", {"points": 2})))[0][0].startswith("Every ¥1 paid gives 3 points.")


def test_a_script_that_replaces_tiers_and_categories_is_shown_by_examples():
    replaced = built([*S2.rules, {"rule": "script", "figures": {"script": "flat"}}])
    assert read(replaced) == ([], [("Goods of any kind", (3, 33, 333, 3333))])
    assert saying.times(replaced, EARNERS, AT) == {}


def test_a_script_by_tier_and_category_too():
    by_script = built([{"rule": "script", "figures": {"script": "tiers", "imported": "imported_fruit"}}])
    assert read(by_script, "gold")[1] == [
        ("Other goods", (20, 200, 2000, 20_000)),
        ("Goods imported_fruit", (30, 300, 3000, 30_000)),
    ]


def test_a_script_that_reads_the_category_is_found_by_the_goods_of_the_mall():
    by_category = built([{"rule": "ratio", "figures": {}}, {"rule": "script", "figures": {"script": "reads"}}])
    assert ("Goods tea", (7, 7, 7, 7)) in read(by_category)[1]


def test_a_script_that_does_not_serve_leaves_the_rates():
    assert read(built([*S2.rules, {"rule": "script", "figures": {"script": "missing"}}])) == read(built(S2.rules))


def test_examples_keep_within_the_day():
    capped = built([*S2.rules, {"rule": "script", "figures": {"script": "flat"}}, daily(150)])
    assert read(capped)[1] == [("Goods of any kind", (3, 33, 150, 150))]


def daily(points):
    return {"rule": "daily_cap", "figures": {"points": points}}


def test_limits_are_those_that_count():
    caps = rules(
        ("daily_cap", {"points": 500}),
        ("daily_cap", {"points": 1300}),
        ("behaviour_cap", {"behaviour": "share", "points": 100, "times": 0}),
        ("behaviour_cap", {"behaviour": "share", "points": 0, "times": 3}),
        ("behaviour_cap", {"behaviour": "purchase", "points": 1200, "times": 0}),
    )
    with translation.override("en"):
        assert wording.limits(engine.caps(caps)) == [
            "At most 500 points a day, of all kinds together.",
            "Buying goods: at most 1,200 points a day.",
            "Sharing: 3 times and at most 100 points a day.",
        ]


def test_behaviours_as_they_add_up():
    found = rules(
        ("picture_bonus", {}),
        ("behaviour", {"behaviour": "review", "points": 20}),
        ("behaviour", {"behaviour": "review", "points": 5}),
        ("behaviour", {"behaviour": "sign_in", "points": 9}),
    )
    with translation.override("en"):
        assert wording.of_behaviours(saying.of_behaviours(found, BY_TIER["normal"], AT)) == [
            "Reviewing goods: 25 points."
        ]
