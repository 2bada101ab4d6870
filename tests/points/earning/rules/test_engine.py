"""The engine: rounding, explanations, transitions, caps, and rules that it has never heard of (C1-C4, C6, C11)."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core.parameters import Parameter, ParameterNotValid
from points.earning import wording
from points.earning.rules import engine
from points.earning.rules.builtin import TIERS
from points.earning.rules.engine import Earner, Line, Rule, RuleSet
from points.earning.rules.presets import PRESETS, S2

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
MULTIPLIERS = {"normal": "1", "silver": "1.2", "gold": "1.5", "diamond": "2"}
EARNERS = {tier: Earner(1, tier, Decimal(multiplier)) for tier, multiplier in MULTIPLIERS.items()}
DEFAULT = engine.build("v1", S2.rules)


def rule(code, **figures):
    return engine.build_rule(code, figures)


def earned(rule_set, *lines, tier="normal"):
    return engine.purchase_points(rule_set, EARNERS[tier], [Line(*line) for line in lines], AT)


def said(outcome):
    return [wording.step(*step) for step in outcome.steps]


class TestRounding:
    @pytest.mark.parametrize(
        ("preset", "fen", "points"),
        [
            ("s2", 0, 0),
            ("s2", 99, 0),
            ("s2", 100, 1),
            ("s2", 199, 1),
            ("s2", 10050, 100),
            ("10_1", 999, 0),
            ("10_1", 1000, 1),
            ("10_1", 1999, 1),
            ("50_10", 499, 0),
            ("50_10", 500, 1),
            ("50_10", 5000, 10),
            ("1000_50", 1999, 0),
            ("1000_50", 2000, 1),
            ("1000_50", 100_000, 50),
        ],
    )
    def test_of_a_plain_purchase(self, preset, fen, points):
        assert earned(engine.build("v1", PRESETS[preset].rules), ("other", fen)).points == points

    @pytest.mark.parametrize(
        ("tier", "category", "fen", "points"),
        [
            ("normal", "imported_fruit", 99, 1),  # 0.99 × 1.5 = 1.485: not 0 × 1.5
            ("silver", "other", 99, 1),  # 1.188
            ("gold", "other", 99, 1),
            ("diamond", "other", 49, 0),  # 0.98
            ("gold", "imported_fruit", 10050, 226),  # 100.5 × 1.5 × 1.5 = 226.125
            ("gold", "imported_fruit", 8800, 198),
            ("silver", "seasonal_fruit", 10000, 156),
            ("diamond", "seasonal_fruit", 333, 8),  # 8.658
        ],
    )
    def test_comes_once_after_all_rules(self, tier, category, fen, points):
        assert earned(DEFAULT, (category, fen), tier=tier).points == points

    @pytest.mark.parametrize(("tier", "fen", "points"), [("gold", 1000, 2), ("diamond", 1000, 2), ("silver", 1000, 1)])
    def test_double_for_high_tiers_whatever_the_tier_itself_says(self, tier, fen, points):
        assert earned(engine.build("v1", PRESETS["double"].rules), ("other", fen), tier=tier).points == points

    @pytest.mark.parametrize(
        ("preset", "lines", "points", "shares"),
        [
            ("10_1", [("a", 990)] * 10, 9, (1, 1, 1, 1, 1, 1, 1, 1, 1, 0)),
            ("10_1", [(f"{n}", 990) for n in range(10)], 9, (1, 1, 1, 1, 1, 1, 1, 1, 1, 0)),
            ("10_1", [("a", 999)], 0, (0,)),
            ("10_1", [("a", 500), ("a", 499)], 0, (0, 0)),
            ("10_1", [("a", 500), ("b", 500)], 1, (1, 0)),
            ("s2", [("a", 150), ("b", 150), ("imported_fruit", 99)], 4, (2, 1, 1)),  # 1.5 + 1.5 + 1.485
            ("s2", [("b", 50), ("imported_fruit", 99)], 1, (0, 1)),  # 0.5 + 1.485
            ("s2", [("a", 0), ("a", 100)], 1, (0, 1)),
        ],
    )
    def test_is_of_the_purchase_as_a_whole(self, preset, lines, points, shares):
        outcome = earned(engine.build("v1", PRESETS[preset].rules), *lines)
        assert (outcome.points, outcome.lines) == (points, shares)

    @pytest.mark.parametrize("yuan", [3, 7, 30, 99_999])
    def test_fractions_without_an_end_add_up_to_whole_points(self, yuan):
        rule_set = RuleSet("v1", (rule("ratio", points=1, yuan=yuan),))
        assert earned(rule_set, ("a", 100), ("b", yuan * 100 - 100)).points == 1
        assert earned(rule_set, ("a", 100), ("b", yuan * 100 - 101)).points == 0

    def test_a_purchase_of_nothing_earns_nothing(self):
        assert earned(DEFAULT) == engine.Outcome(
            0,
            (),
            [["¥%(paid)s paid, ¥%(yuan)s gives %(points)s", "0", {"paid": "0", "yuan": "1", "points": "1"}]],
            "v1",
        )

    def test_more_than_the_ledger_can_hold_is_cut(self):
        rule_set = RuleSet("v1", (rule("ratio", points=10_000),))
        outcome = earned(rule_set, ("a", 2**31), ("b", 2**31))
        assert outcome.points == sum(outcome.lines) == engine.MOST_POINTS

    @given(
        lines=st.lists(
            st.tuples(st.sampled_from(["imported_fruit", "seasonal_fruit", "other"]), st.integers(0, 10_000_000)),
            max_size=6,
        ),
        tier=st.sampled_from(list(TIERS)),
    )
    def test_never_gives_more_than_the_exact_figure_nor_a_whole_point_less(self, lines, tier):
        factor = {"imported_fruit": Decimal("1.5"), "seasonal_fruit": Decimal("1.3"), "other": Decimal(1)}
        outcome = earned(DEFAULT, *lines, tier=tier)
        assert outcome.points == sum(outcome.lines)
        exact = [Decimal(fen) / 100 * Decimal(MULTIPLIERS[tier]) * factor[category] for category, fen in lines]
        assert 0 <= sum(exact) - outcome.points < 1
        for points, of_line in zip(outcome.lines, exact, strict=True):
            assert abs(points - of_line) < 3  # its share is at most a point off, and so is that of its category
        assert outcome.steps[-1][1] == str(outcome.points)

    @given(
        sums=st.dictionaries(
            st.sampled_from(["imported_fruit", "seasonal_fruit", "other", ""]), st.integers(1, 50_000), min_size=1
        ),
        tier=st.sampled_from(list(TIERS)),
        preset=st.sampled_from(list(PRESETS)),
        data=st.data(),
    )
    def test_does_not_depend_on_how_goods_are_listed(self, sums, tier, preset, data):
        rule_set = engine.build("v1", PRESETS[preset].rules)
        whole = earned(rule_set, *sums.items(), tier=tier)
        lines = []
        for category, fen in sums.items():
            cuts = sorted(data.draw(st.lists(st.integers(0, fen), max_size=12)))
            lines += [(category, after - before) for before, after in pairwise([0, *cuts, fen])]
        lines = data.draw(st.permutations(lines))
        cut = earned(rule_set, *lines, tier=tier)
        assert (cut.points, cut.steps) == (whole.points, whole.steps)
        of_category = Counter()
        for (category, _fen), points in zip(lines, cut.lines, strict=True):
            of_category[category] += points
        assert {category: of_category[category] for category in sums} == dict(zip(sums, whole.lines, strict=True))

    @given(fen=st.integers(0, 10_000_000), more=st.integers(0, 1_000_000))
    def test_who_pays_more_never_earns_less(self, fen, more):
        assert earned(DEFAULT, ("a", fen + more)).points >= earned(DEFAULT, ("a", fen)).points


class TestExplanation:
    def test_tells_each_rule_that_did_something(self):
        with translation.override("en"):
            assert said(earned(DEFAULT, ("imported_fruit", 8800), tier="gold")) == [
                ("¥88 paid, ¥1 gives 1", "88"),
                ("Gold member × 1.5", "132"),
                ("Imported fruit +50%", "198"),
            ]

    def test_tells_the_rounding(self):
        with translation.override("en"):
            steps = said(earned(DEFAULT, ("imported_fruit", 10050), ("other", 99), tier="gold"))
        assert steps[-2:] == [("Imported fruit +50%", "227.61"), ("Rounded down", "227")]

    def test_names_a_tier_as_the_shop_does(self):
        earner = Earner(1, "gold", Decimal("1.5"), {"zh": "黑卡", "en": "Black"})
        outcome = engine.purchase_points(DEFAULT, earner, [Line("a", 100)], AT)
        with translation.override("zh-hans"):
            assert said(outcome)[1][0].startswith("黑卡")

    def test_leaves_out_what_changed_nothing(self):
        assert len(earned(DEFAULT, ("other", 8800)).steps) == 1


class TestBehaviours:
    @pytest.mark.parametrize(
        ("behaviour", "base", "facts", "points"),
        [
            ("sign_up", None, {}, 200),
            ("review", None, {}, 20),
            ("review", None, {"pictures": 0}, 20),
            ("review", None, {"pictures": 2}, 26),
            ("share", None, {}, 50),
            ("sign_in", 16, {}, 16),
            ("share", 5, {}, 5),
            ("quiz", None, {}, 0),
        ],
    )
    def test_points(self, behaviour, base, facts, points):
        outcome = engine.behaviour_points(DEFAULT, EARNERS["normal"], behaviour, AT, base=base, facts=facts)
        assert (outcome.points, outcome.lines, outcome.rule_version) == (points, (), "v1")


class TestCaps:
    def test_of_the_default_rules(self):
        assert engine.caps(DEFAULT) == engine.Caps(None, {"share": (None, 3)})

    def test_the_lowest_counts(self):
        rules = [
            rule("daily_cap", points=500),
            rule("daily_cap", points=300),
            rule("behaviour_cap", behaviour="share", points=100, times=0),
            rule("behaviour_cap", behaviour="share", points=0, times=3),
            rule("behaviour_cap", behaviour="purchase", points=1000, times=0),
        ]
        found = engine.caps(RuleSet("v2", tuple(rules)))
        assert found == engine.Caps(300, {"share": (100, 3), "purchase": (1000, None)})


class TestVeto:
    @pytest.mark.parametrize(
        ("rules", "tier", "facts", "is_refused"),
        [
            ([], "normal", {"available": 10}, False),
            ([("keep_balance", {"points": 100})], "normal", {"available": 300}, False),
            ([("keep_balance", {"points": 100})], "normal", {"available": 299}, True),
            ([("keep_balance", {"points": 100})], "normal", {}, False),
            ([("deduction_a_day", {"points": 500})], "normal", {"used_today": 300}, False),
            ([("deduction_a_day", {"points": 500})], "normal", {"used_today": 301}, True),
            ([("tier_may_not_deduct", {"tier": "normal"})], "normal", {}, True),
            ([("tier_may_not_deduct", {"tier": "normal"})], "silver", {}, False),
        ],
    )
    def test_of_200_points(self, rules, tier, facts, is_refused):
        rule_set = RuleSet("v1", tuple(rule(code, **figures) for code, figures in rules))
        assert bool(engine.veto_deduction(rule_set, EARNERS[tier], 200, AT, **facts)) == is_refused


class TestTransition:
    def test_the_better_of_both_counts(self):
        former = RuleSet("v1", (rule("ratio", points=1),))
        rule_set = RuleSet("v2", (rule("ratio", points=1, yuan=10),), former=former)
        outcome = earned(rule_set, ("a", 8800))
        assert (outcome.points, outcome.rule_version) == (88, "v1")
        with translation.override("en"):
            assert said(outcome)[-1] == ("During the change of rules the better one counts", "88")

    def test_the_new_one_counts_where_it_gives_as_much(self):
        former = RuleSet("v1", (rule("ratio", points=1),))
        assert earned(RuleSet("v2", former.rules, former=former), ("a", 8800)).rule_version == "v2"


class TestPlugIns:
    """A rule class of anybody's works without a change of the engine (C6)."""

    @pytest.fixture
    def lucky_day(self):
        @engine.register
        class LuckyDay(Rule):
            code = "lucky_day"
            label = "Lucky day"
            fields = (Parameter("day", 20, "day of the month", least=1, most=31),)

            def purchase_points(self, draft):
                if draft.at.day == self.day:
                    draft.points[:] = [points * 2 for points in draft.points]
                    draft.step("A lucky day")

            def caps(self):
                return "purchase", 1000, None

            def veto_deduction(self, facts):
                return "not today" if facts.at.day == self.day else None

        yield LuckyDay
        engine.unregister(LuckyDay)

    def test_work_like_built_in_ones(self, lucky_day):
        stored = [{"rule": "ratio", "figures": {}}, {"rule": "lucky_day", "figures": {"day": 20}}]
        rule_set = engine.build("v3", stored)
        outcome = earned(rule_set, ("a", 5000))
        assert (outcome.points, outcome.steps[-1]) == (100, ["A lucky day", "100", {}])
        assert engine.caps(rule_set).by_behaviour == {"purchase": (1000, None)}
        assert engine.veto_deduction(rule_set, EARNERS["normal"], 1, AT) == "not today"
        assert [one.stored() for one in rule_set.rules][1] == stored[1]

    def test_have_a_code_of_their_own(self, lucky_day):
        class Other(Rule):
            code = "lucky_day"

        with pytest.raises(ValueError, match="twice"):
            engine.register(Other)

    def test_check_their_figures(self, lucky_day):
        with pytest.raises(ParameterNotValid):
            rule("lucky_day", day=32)
        with pytest.raises(TypeError):
            rule("lucky_day", month=1)
        with pytest.raises(engine.UnknownRule):
            rule("unlucky_day")


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_can_be_built_and_said(preset):
    rule_set = engine.build("v1", preset.rules)
    with translation.override("zh-hans"):
        for one in rule_set.rules:
            for words in (one.words(list(EARNERS.values())), one.sentence(EARNERS["gold"])):
                assert words is None or "%(" not in wording.in_words(*words)
    assert engine.build("v1", [one.stored() for one in rule_set.rules]).version == "v1"


def test_is_fast():
    """A purchase of three lines under the default rules takes a small part of a millisecond."""
    from time import perf_counter

    begun = perf_counter()
    for _ in range(500):
        earned(DEFAULT, ("imported_fruit", 8800), ("seasonal_fruit", 990), ("other", 1), tier="gold")
    assert (perf_counter() - begun) / 500 < 0.002  # 0.00002 on an idle machine
