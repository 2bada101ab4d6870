"""A second person looks where rules change much, and where a script that serves changes (C7, C8, B11)."""

from datetime import timedelta
from functools import partial

import pytest

from core import actors, approvals
from core.models import Approval
from points.earning.models import RuleSetVersion, ScriptVersion
from points.earning.queries import rule_sets as queries
from points.earning.rules import engine, measure, presets
from points.earning.rules.scripts import SCRIPTS, Version
from points.earning.services import releasing, rule_sets, scripts
from points.tiers import rules as tiers
from tests.points.earning.rules.conftest import AT, GOOD

pytestmark = pytest.mark.django_db

ANNA, BERND, CARL = (actors.staff(9000 + n) for n in range(3))
SAME = tuple((rule["rule"], rule["figures"]) for rule in presets.S2.rules)
DAY = timedelta(days=1)


def changed(code, **figures):
    """The rules of the first version with other figures of one rule."""
    return tuple((name, {**own, **figures} if name == code else own) for name, own in SAME)


@pytest.fixture
def go(after_commit):
    """``go(act, version, ...)``: what staff do; returns the ``Approval`` that waits, or None."""

    def act(function, version, *, by=ANNA, at=AT, **terms):
        return after_commit(function, version=version, by=by, at=at, **terms)

    return act


@pytest.fixture
def let(go):
    def release(version, *, starts_at=AT, **terms):
        return go(releasing.release, version, starts_at=starts_at, confirmed=True, **terms)

    return release


@pytest.fixture
def approve(after_commit):
    def act(approval, *, by=BERND, at=AT):
        return after_commit(approvals.approve, approval=approval, by=by, at=at)

    return act


def stages(version):
    return list(version.stages.values_list("percent", flat=True))


# What counts as much


def compare(*rules, names=()):
    before, after = (engine.build("v1", [{"rule": code, "figures": own} for code, own in each]) for each in rules)
    earners = [queries.earner(None, tier) for tier in tiers.all_tiers()]
    return measure.changes(before, after, earners, AT, names)


@pytest.mark.parametrize(
    ("rules", "percent"),
    [
        (SAME, 0),
        (changed("ratio", points=2), 100),
        (changed("ratio", yuan=2), -50),
        (changed("tier_multiplier", diamond="4"), 100),
        (changed("picture_bonus", percent="100"), 50),
        ((*SAME, ("category_bonus", {"categories": "wine", "percent": "900"})), 900),
        ((*SAME, ("behaviour", {"behaviour": "quiz", "points": 30})), 2900),
        ((*SAME, ("daily_cap", {"points": 500})), -measure.WHOLLY),
        (changed("behaviour_cap", times=6), 100),
        (changed("behaviour_cap", times=0), measure.WHOLLY),
    ],
)
def test_the_largest_change_of_anything_counts(db, rules, percent):
    found = compare(SAME, rules)
    assert (found[0].percent if found else 0) == percent


def test_a_script_that_pays_one_category_at_high_amounts_is_seen(db):
    source = "function calculatePoints(level, amount, imported, {points, category}) {"
    source += " return points * (category === 'wine' && amount > 5000 && level === GOLD ? 11 : 1) }"
    SCRIPTS.pin({"apart": [Version(-1, 1, "Apart", source)]})
    (found,) = compare(SAME, (*SAME, ("script", {"script": "apart"})), names=("tea", "wine"))
    SCRIPTS.forget()
    assert (found.code, found.tier, found.yuan, found.percent) == ("wine", "gold", 10_000, 1000)


def test_a_point_of_rounding_is_no_change(db):
    assert not [change for change in compare(SAME, changed("ratio", points=100, yuan=101)) if abs(change.percent) > 1]


def test_requests_keep_their_names():
    """Rows of years ago are found by them."""
    assert {name for name in approvals.kinds() if name.startswith("points.")} == {
        "points.adjustment", "points.grant", "points.partner_budget", "points.partner_key", "points.rules",
        "points.script", "points.tier",
    }  # fmt: skip


# Releases


def test_a_small_change_needs_nobody_else(make_draft, let):
    assert let(make_draft(rules=changed("category_bonus", percent="40"))) is None
    assert queries.for_all(AT).version == "v2"
    assert not Approval.objects.exists()


def test_a_large_change_waits_for_a_second_person(make_draft, let, approve):
    draft = make_draft(rules=changed("ratio", points=2))
    approval = let(draft, reason="festival", transition_days=3)
    assert (approval.state, approval.reason, stages(draft)) == ("pending", "festival", [])
    assert queries.for_all(AT).version == "v1"
    for nobody in (ANNA, draft.by):  # who asked, and who wrote it
        with pytest.raises(approvals.RequesterDecides):
            approve(approval, by=nobody)
    approve(approval, at=AT + DAY)
    assert queries.for_all(AT + DAY).version == "v2"
    assert (stages(draft), RuleSetVersion.objects.get(number=2).transition_days) == ([100], 3)
    assert draft.stages.get().starts_at == AT + DAY  # nobody earned by it while it waited


@pytest.mark.parametrize(("limit", "waits"), [(99, True), (100, False)])
def test_the_limit(make_draft, let, parameters, limit, waits):
    parameters["points.rules_approval_percent"] = limit
    assert bool(let(make_draft(rules=changed("ratio", points=2)))) is waits


def test_many_small_changes_are_as_large_as_their_sum(make_draft, let):
    assert let(make_draft(rules=changed("ratio", points=115, yuan=100))) is None
    assert let(make_draft(rules=changed("ratio", points=130, yuan=100)), starts_at=AT + DAY / 24).waits
    assert (
        let(make_draft(rules=changed("ratio", points=130, yuan=100)), at=AT + 2 * DAY, starts_at=AT + 2 * DAY) is None
    )


def test_a_trial_of_a_few_is_measured_like_a_release(make_draft, make_member, let, go, approve):
    draft, friend = make_draft(rules=changed("ratio", points=50)), make_member()
    approval = let(draft, percent=0, pilots=[friend.pk])
    with pytest.raises(approvals.RequesterDecides):
        approve(approval, by=actors.staff(friend.pk))
    approve(approval)
    assert stages(draft) == [0]
    later = partial(go, at=AT + DAY / 24)
    assert later(releasing.choose_pilots, draft, members=[friend.pk, make_member().pk]).waits
    assert later(releasing.choose_pilots, draft, members=[]) is None
    with pytest.raises(approvals.AlreadyAsked):
        later(releasing.widen, draft, percent=100, starts_at=AT + DAY / 24)


def test_a_wider_trial_waits_and_a_narrower_one_does_not(make_draft, let, go, approve):
    draft = make_draft(rules=changed("ratio", points=2))
    approve(let(draft, percent=20))
    soon = AT + DAY / 24
    approval = go(releasing.widen, draft, percent=100, starts_at=soon, at=soon)
    assert stages(draft) == [20]
    approve(approval, at=soon)
    assert stages(draft) == [20, 100]
    later = soon + DAY / 24
    assert go(releasing.widen, draft, percent=10, starts_at=later, at=later) is None


def test_a_stop_after_which_more_is_earned_waits(make_draft, let, go, approve):
    approve(let(make_draft(rules=changed("ratio", points=2))))
    approve(let(usual := make_draft(rules=SAME), starts_at=AT + DAY, at=AT + DAY))
    assert go(releasing.stop, usual, at=AT + 3 * DAY).waits  # the festival would be back
    festival = RuleSetVersion.objects.get(number=2)
    assert go(releasing.stop, festival, at=AT + 3 * DAY, by=CARL) is None


def test_a_share_after_which_more_is_earned_waits_like_a_stop(make_draft, let, go, approve):
    approve(let(make_draft(rules=changed("ratio", points=2))))
    approve(let(usual := make_draft(rules=SAME), starts_at=AT + DAY, at=AT + DAY))
    late = AT + 3 * DAY
    approval = go(releasing.widen, usual, percent=0, starts_at=late, at=late)
    assert approval.waits
    assert releasing.effect(approval, late)[1][0].percent > 0
    assert queries.for_all(late).version == str(usual)


def test_what_was_stopped_does_not_come_back_by_one_person(make_draft, let, go, approve):
    approve(let(mistake := make_draft(rules=changed("ratio", points=10))))
    go(releasing.stop, mistake, at=AT + 2 * DAY, by=BERND)
    soon = AT + 2 * DAY + DAY / 24
    approval = let(make_draft(rules=changed("ratio", points=10)), starts_at=soon, at=soon)
    assert approval.waits
    assert releasing.effect(approval, soon)[1][0].percent >= 900
    assert queries.for_all(soon).version == "v1"


def test_a_share_that_was_taken_back_is_measured_anew(make_draft, let, go, approve):
    approve(let(draft := make_draft(rules=changed("ratio", points=10))))
    less, again = AT + 2 * DAY, AT + 2 * DAY + DAY / 24
    assert go(releasing.widen, draft, percent=0, starts_at=less, at=less, by=BERND) is None
    assert go(releasing.widen, draft, percent=100, starts_at=again, at=again).waits


def test_what_starts_later_is_measured_beside_what_serves_until_then(make_draft, let, approve):
    approve(let(make_draft(rules=changed("ratio", points=10))))
    now, end = AT + 2 * DAY, AT + 3 * DAY
    approve(let(make_draft(rules=SAME), starts_at=end, at=now), at=now)
    again = make_draft(rules=changed("ratio", points=10))
    assert let(again, starts_at=end + DAY, at=now).waits


def test_what_gives_less_is_measured_beside_the_rules_of_a_day_ago_alone(make_draft, let, go, approve):
    approve(let(mistake := make_draft(rules=changed("ratio", points=10))))
    soon = AT + DAY / 24
    assert go(releasing.stop, mistake, at=soon) is None
    assert let(make_draft(rules=changed("category_bonus", percent="40")), starts_at=soon, at=soon) is None


def test_what_cannot_be_done_is_refused_when_it_is_asked_for(make_draft, let):
    with pytest.raises(rule_sets.InThePast):
        let(make_draft(rules=changed("ratio", points=2)), starts_at=AT - DAY)
    with pytest.raises(rule_sets.NothingInIt):
        let(make_draft(rules=()))
    assert not Approval.objects.exists()


def test_rules_that_were_edited_meanwhile_are_outdated(make_draft, let, approve):
    draft = make_draft(rules=changed("ratio", points=2))
    approval = let(draft)
    rule_sets.change_rule(version=draft, position=0, figures={"points": 9}, by=CARL, at=AT)
    with pytest.raises(approvals.Outdated):
        approve(approval)
    assert stages(draft) == []


# Scripts

SLY = "function calculatePoints(level, amount) { return amount === 88.88 ? 1000000 : amount * 2 }"


@pytest.fixture
def used(script, make_draft, let, approve):
    """A script that the rules in force use."""
    approve(let(make_draft(rules=(("script", {"script": script.code}),))))
    return script


def save(script, source):
    """A new version, which shall serve."""
    version = scripts.save(script=script, source=source, by=ANNA, at=AT)
    return releasing.let_serve(version=version, by=ANNA, at=AT)


def test_a_version_with_a_new_script_waits(script, make_draft, let):
    rules = (*SAME, ("script", {"script": script.code}))
    save(script, "function calculatePoints(l, a, i, more) { return more.points }")
    approval = let(make_draft(rules=rules))
    assert releasing.effect(approval, AT) == ([script.code], [])  # no example shows what it may do


def test_a_script_that_changed_after_its_rules_were_stopped_is_new(script, make_draft, go, let, approve):
    save(script, "function calculatePoints(level, amount) { return amount * 100 }")
    approve(let(stopped := make_draft(rules=(*SAME, ("script", {"script": script.code})))))
    soon = AT + 2 * DAY
    assert go(releasing.stop, stopped, at=soon) is None
    assert isinstance(save(script, SLY), ScriptVersion)  # nobody earns by it
    again = rule_sets.create_draft(name="Again", copy_of=stopped, by=ANNA, at=soon)
    approval = let(again, starts_at=soon, at=soon)
    assert approval.waits
    assert releasing.effect(approval, soon)[0] == [script.code]
    assert stages(again) == []


def test_a_script_that_changed_meanwhile_makes_its_release_outdated(script, make_draft, let, approve):
    approval = let(make_draft(rules=(("script", {"script": script.code}),)))
    assert isinstance(save(script, SLY), ScriptVersion)  # nobody earns by it yet
    with pytest.raises(approvals.Outdated):
        approve(approval)


def test_a_script_that_serves_changes_by_two_people(used, approve):
    approval = save(used, SLY)
    assert (approval.state, scripts.serving(used).number) == ("pending", 1)
    assert releasing.sources(approval) == (used, GOOD, SLY)
    with pytest.raises(approvals.AlreadyAsked):
        save(used, GOOD)
    with pytest.raises(approvals.RequesterDecides):
        approve(approval, by=ANNA)
    approve(approval)
    serving = scripts.serving(used)
    assert (serving.number, serving.source, serving.by) == (2, SLY, ANNA)


def test_to_an_earlier_script_two_people_return(used, approve):
    approve(save(used, SLY))
    first = used.versions.get(number=1)
    approval = releasing.let_serve(version=first, by=ANNA, at=AT + DAY)
    assert scripts.serving(used).number == 2
    approve(approval, at=AT + DAY)
    assert scripts.serving(used) == first


def test_another_script_served_meanwhile(used, approve):
    approval = save(used, SLY)
    other = scripts.save(script=used, source="function calculatePoints() { return 1 }", by=CARL, at=AT)
    scripts.let_serve(version=other, by=CARL, at=AT)
    with pytest.raises(approvals.Outdated):
        approve(approval)


def test_a_script_that_fails_is_not_asked_about(used):
    with pytest.raises(scripts.TrialFailed):
        save(used, "function calculatePoints() { return x }")
    with pytest.raises(scripts.NotAScript):
        save(used, "function (")
    assert Approval.objects.filter(kind=releasing.SCRIPT).count() == 0
