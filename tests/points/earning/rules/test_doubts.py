"""Rule sets that look like a mistake: what is said of them, and that nobody releases them without a word (C8)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from points.earning import wording
from points.earning.models import RuleSetVersion
from points.earning.queries import rule_sets as queries
from points.earning.rules import engine, scripts
from points.earning.rules.doubts import doubts
from points.earning.rules.presets import PRESETS
from points.earning.services import rule_sets
from tests.points.earning.rules.conftest import AT, LATER, STAFF

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
RATIO, TIERS = ("ratio", {}), ("tier_multiplier", {})
SHARE = ("behaviour", {"behaviour": "share", "points": 50})
FALLING = "function calculatePoints(level, amount) { return amount < 100 ? 10 : 3 }"


@pytest.fixture(autouse=True)
def own_scripts(parameters):
    scripts.SCRIPTS.pin({"falling": [scripts.Version(-9, 1, "Falling", FALLING)]})
    yield
    scripts.SCRIPTS.forget()


def said(*rules, names=()):
    rule_set = engine.build("v9", [{"rule": code, "figures": figures} for code, figures in rules])
    with translation.override("en"):
        return [wording.doubt(found) for found in doubts(rule_set, queries.earners(), NOON, names)]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_presets_make_sense(preset, db):
    assert doubts(engine.build("v1", PRESETS[preset].rules), queries.earners(), NOON, {}) == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([RATIO, TIERS, SHARE], []),
        ([RATIO, ("ratio", {"points": 2})], ["“Points by amount” stands there 2 times, and each one counts."]),
        ([TIERS, RATIO], ["Rule 1, “Multiplier of the tier”, changes nothing where it stands."]),
        ([SHARE], ["Purchases earn nothing."]),
        (
            [("ratio", {"points": 0})],
            ["Purchases earn nothing.", "Rule 1, “Points by amount”, changes nothing where it stands."],
        ),
        (
            [("category_bonus", {}), RATIO],
            ["Rule 1, “Bonus for categories”, changes nothing where it stands."],
        ),
        (
            [RATIO, ("picture_bonus", {}), ("behaviour", {"behaviour": "review", "points": 20})],
            ["Rule 2, “Bonus for reviews with pictures”, changes nothing where it stands."],
        ),
        (
            [RATIO, ("behaviour", {"behaviour": "sign_in", "points": 5})],
            ["Rule 2, “Points for a behaviour”, changes nothing where it stands."],
        ),
        (
            [RATIO, ("daily_cap", {"points": 500}), ("daily_cap", {"points": 900})],
            ["Rule 3, “Limit a day, all earnings”, changes nothing where it stands."],
        ),
        ([RATIO, SHARE, SHARE], ["“Points for a behaviour” stands there 2 times, and each one counts."]),
        (
            [RATIO, ("tier_multiplier", {"gold": "1.1"})],
            ["Gold earn less than Silver: for ¥10 they get 11 instead of 12."],
        ),
        (
            [("ratio", {"points": 200, "yuan": 1})],
            ["Standard get back more than they pay: for ¥1 200 points, worth ¥2.00."],
        ),
        (
            [RATIO, ("script", {"script": "falling"})],
            [
                "Who pays more gets less: 3 points for ¥100, and 10 for ¥10.",
                "Rule 1, “Points by amount”, changes nothing where it stands.",
            ],
        ),
        (
            [RATIO, ("script", {"script": "nowhere"})],
            ["Rule 2: no version of the script serves, the points stay as they were."],
        ),
        ([RATIO, ("keep_balance", {"points": 100})], []),
    ],
)  # fmt: skip
def test_what_is_said(rules, expected, db):
    assert said(*rules) == expected


NAMES = {"imported_fruit": {"zh": "进口水果", "en": "Imported fruit"}, "tea": {"zh": "茶", "en": "Tea"}}


@pytest.mark.parametrize(
    ("categories", "unknown"),
    [
        ("tea", ""),
        ("tea,imported_fruit", ""),
        ("imported_fruti", "imported_fruti"),
        ("Tea", "Tea"),
        ("tea，imported_fruit", "tea，imported_fruit"),
        ("tea,coffee,cocoa", "coffee, cocoa"),
    ],
)
def test_categories_that_are_not_there(categories, unknown, db):
    expected = [f"Rule 2, “Bonus for categories”: the mall has no category {unknown}."] if unknown else []
    assert said(RATIO, ("category_bonus", {"categories": categories}), names=NAMES) == expected
    assert said(RATIO, ("category_bonus", {"categories": categories})) == []  # a mall without categories


def test_a_script_that_pays_less_for_more_in_one_category(db):
    source = "function calculatePoints(level, amount, imported, {category}) {"
    source += " return category === 'tea' && amount > 5000 ? 1 : amount }"
    scripts.SCRIPTS.pin({"apart": [scripts.Version(-8, 1, "Apart", source)]})
    rule = ("script", {"script": "apart", "imported": ""})
    assert said(rule, names=NAMES) == ["Who pays more gets less: 1 points for ¥10,000, and 1,000 for ¥1,000."]


@pytest.mark.django_db
def test_nobody_releases_them_without_a_word(make_draft, after_commit):
    draft = make_draft(rules=[TIERS, RATIO])
    with pytest.raises(rule_sets.NotConfirmed) as refused, translation.override("en"):
        rule_sets.release(version=draft, starts_at=LATER, by=STAFF, at=AT)
    with translation.override("en"):
        assert "changes nothing where it stands" in str(refused.value)
    assert queries.state_of(draft, LATER) == "draft"
    after_commit(rule_sets.release, version=draft, starts_at=LATER, by=STAFF, at=AT, confirmed=True)
    assert queries.state_of(draft, LATER) == "active"


@pytest.mark.django_db
class TestStopping:
    def test_says_who_serves_then(self, release, make_member, after_commit):
        pilot = make_member()
        release()
        release(percent=20, starts_at=LATER + timedelta(hours=1))
        release(percent=0, pilots=[pilot.pk], starts_at=LATER + timedelta(hours=2))
        release(starts_at=LATER + timedelta(hours=3))
        now = LATER + timedelta(hours=4)
        assert [one.number for one in queries.without(5, now)] == [4, 3, 2]
        assert [number for number in (5, 4, 3, 2, 1) if queries.is_replaced(number, now)] == [4, 3, 2, 1]
        newest = RuleSetVersion.objects.get(number=5)
        with pytest.raises(rule_sets.OthersServe):
            rule_sets.stop(version=newest, then=[2], by=STAFF, at=now)
        after_commit(rule_sets.stop, version=newest, then=[4, 3, 2], by=STAFF, at=now)
        assert queries.for_member(pilot.pk, now).version == "v4"

    def test_not_where_nobody_would(self, make_member):
        assert queries.without(1, AT) == []
