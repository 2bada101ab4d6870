"""Versions: drafting, releasing in parts, who is served by which one when, stopping, telling members (C8, C9)."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils.translation import override

from accounts.models import Notice
from catalog.models import Category
from core.errors import InvalidInput
from core.models import AuditEvent
from core.parameters import ParameterNotValid
from points.earning.models import RuleSetTold, RuleSetVersion
from points.earning.queries import rule_sets as queries
from points.earning.rules import engine
from points.earning.rules.presets import PRESETS
from points.earning.services import rule_news, rule_sets
from tests.points.earning.rules.conftest import AT, LATER, STAFF

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def version_of(member, at):
    return queries.for_member(member, at).version


class TestFreshDatabase:
    def test_the_default_rules_count_from_the_beginning(self, django_assert_num_queries):
        assert version_of(1, AT - timedelta(days=10_000)) == "v1"
        with django_assert_num_queries(0):
            assert version_of(1, AT) == "v1"
            rule_set = queries.by_version("v1")
        assert [rule.code for rule in rule_set.rules][:2] == ["ratio", "tier_multiplier"]

    def test_an_emptied_one_too(self):
        version = RuleSetVersion.objects.get()
        version.stages.all().delete()
        version.delete()
        assert version_of(1, AT) == "v1"
        rule_sets.ensure_first()
        rule_sets.ensure_first()
        assert RuleSetVersion.objects.count() == 1

    def test_is_named_in_the_language_of_the_shop(self, settings):
        settings.LANGUAGE_CODE = "zh-hans"
        RuleSetVersion.objects.get().stages.all().delete()
        RuleSetVersion.objects.get().delete()
        with override(None):  # as migrate runs
            rule_sets.ensure_first()
        assert RuleSetVersion.objects.get().name == "1元=1积分，等级倍数，进口和应季水果加成"


class TestDraft:
    def test_of_a_preset_and_of_another_version(self, make_draft):
        first = make_draft(preset="10_1", rules=())
        copy = make_draft(copy_of=first, rules=())
        assert first.rules == copy.rules == list(PRESETS["10_1"].rules)
        assert [version.number for version in (first, copy)] == [2, 3]

    def test_its_rules_are_ordered_changed_and_removed(self, make_draft):
        draft = make_draft(rules=[("ratio", {}), ("tier_multiplier", {}), ("picture_bonus", {})])
        rule_sets.move_rule(version=draft, position=2, steps=-1, by=STAFF, at=AT)
        rule_sets.change_rule(version=draft, position=0, figures={"points": 3, "yuan": 10}, by=STAFF, at=AT)
        rule_sets.remove_rule(version=draft, position=2, by=STAFF, at=AT)
        rule_sets.rename(version=draft, name="Spring", by=STAFF, at=AT)
        draft.refresh_from_db()
        assert [rule["rule"] for rule in draft.rules] == ["ratio", "picture_bonus"]
        assert draft.rules[0]["figures"] == {"points": 3, "yuan": 10}
        assert draft.name == "Spring"
        assert AuditEvent.objects.filter(subject="rules:v2").count() == 8

    @pytest.mark.parametrize(
        ("typed", "kept", "unknown"),
        [
            ("tea, wine", "tea, wine", []),
            ("tea，wine", "tea, wine", []),
            ("tea、wine；tea", "tea, wine", []),
            ("ＴＥＡ,Wine", "tea, wine", []),
            ("茶，Red wine", "tea, wine", []),
            ("tea,wien", "tea, wien", ["wien"]),
            ("", "", []),
        ],
    )
    @pytest.mark.parametrize(("code", "name"), [("category_bonus", "categories"), ("script", "imported")])
    def test_keeps_categories_by_their_codes(self, make_draft, code, name, typed, kept, unknown):
        Category.objects.create(code="tea", name="茶", name_en="Tea")
        Category.objects.create(code="wine", name="红酒", name_en="Red wine")
        draft = make_draft(rules=[(code, {name: typed})])
        assert draft.rules[0]["figures"][name] == kept
        assert rule_sets.change_rule(version=draft, position=0, figures={name: typed}, by=STAFF, at=AT) == unknown
        assert RuleSetVersion.objects.get(pk=draft.pk).rules[0]["figures"][name] == kept

    def test_takes_no_figure_out_of_range(self, make_draft):
        draft = make_draft()
        with pytest.raises(ParameterNotValid):
            rule_sets.change_rule(version=draft, position=0, figures={"points": -1}, by=STAFF, at=AT)
        with pytest.raises(InvalidInput):
            rule_sets.add_rule(version=draft, code="nothing", by=STAFF, at=AT)
        with pytest.raises(InvalidInput):
            rule_sets.remove_rule(version=draft, position=5, by=STAFF, at=AT)

    def test_counts_for_nobody_but_can_be_replayed(self, make_draft):
        draft = make_draft()
        assert version_of(1, LATER) == "v1"
        assert queries.by_version("v2").rules[0].points == 2
        assert queries.state_of(draft, AT) == "draft"

    @pytest.mark.parametrize("version", ["v99", "v", "", "vx", "v-1", "v1²"])
    def test_an_unknown_version_is_named_so(self, version):
        with pytest.raises(queries.UnknownVersion):
            queries.by_version(version)


class TestRelease:
    def test_starts_by_the_clock(self, release):
        draft = release()
        assert [version_of(1, LATER - SECOND), version_of(1, LATER), version_of(1, LATER + HOUR)] == ["v1", "v2", "v2"]
        assert [queries.state_of(draft, at) for at in (AT, LATER)] == ["scheduled", "active"]
        assert queries.state_of(RuleSetVersion.objects.get(number=1), LATER) == "retired"

    def test_an_order_keeps_its_version(self, release):
        release()
        assert queries.by_version("v1").rules[0].points == 1

    def test_older_moments_keep_their_version(self, release, make_draft):
        release()
        release(starts_at=LATER + HOUR)
        moments = (AT, LATER, LATER + HOUR)
        assert [version_of(1, at) for at in moments] == ["v1", "v2", "v3"]

    def test_is_for_drafts_with_rules_and_for_later(self, release, make_draft):
        with pytest.raises(rule_sets.NothingInIt):
            release(make_draft(rules=()))
        with pytest.raises(rule_sets.InThePast):
            release(starts_at=AT - SECOND)
        with pytest.raises(InvalidInput):
            release(percent=0)
        with pytest.raises(InvalidInput):
            release(percent=101)
        released = release(starts_at=AT)
        with pytest.raises(rule_sets.NotADraft):
            release(released)
        with pytest.raises(rule_sets.NotADraft):
            rule_sets.add_rule(version=released, code="ratio", by=STAFF, at=AT)

    def test_what_follows_for_a_member_is_known(self, release):
        assert queries.next_for(1, AT) is None
        release()
        moment, rule_set = queries.next_for(1, AT)
        assert (moment, rule_set.version) == (LATER, "v2")
        assert queries.next_for(1, LATER) is None

    def test_can_be_taken_back_before_it_starts(self, release, after_commit):
        draft = release()
        after_commit(rule_sets.withdraw, by=STAFF, version=draft, at=AT)
        assert queries.state_of(draft, LATER) == "draft"
        assert version_of(1, LATER) == "v1"
        with pytest.raises(rule_sets.NotReleased):
            rule_sets.withdraw(version=draft, by=STAFF, at=AT)
        release(draft)
        with pytest.raises(rule_sets.AlreadyStarted):
            rule_sets.withdraw(version=draft, by=STAFF, at=LATER)


class TestTrial:
    def test_takes_its_share_of_the_members(self, release):
        release(percent=10)
        served = [member for member in range(20_000) if version_of(member, LATER) == "v2"]
        assert 1_800 < len(served) < 2_200  # 2,000 by chance, and five deviations
        assert [member for member in range(20_000) if version_of(member, LATER + HOUR) == "v2"] == served

    def test_a_wider_one_keeps_whom_it_had(self, release, after_commit):
        draft = release(percent=10)
        before = {member for member in range(2_000) if version_of(member, LATER) == "v2"}
        then = LATER + HOUR
        after_commit(rule_sets.widen, by=STAFF, version=draft, percent=40, starts_at=then, at=LATER)
        after = {member for member in range(2_000) if version_of(member, then) == "v2"}
        assert before < after
        assert 650 < len(after) < 950
        assert {member for member in range(2_000) if version_of(member, LATER) == "v2"} == before

    def test_another_version_takes_others(self):
        first, second = ({member for member in range(2_000) if queries.bucket(n, member) < 10} for n in (2, 3))
        assert len(first & second) < 60

    @pytest.mark.parametrize("percent", [0, 1])
    def test_serves_its_pilots(self, release, make_member, percent):
        pilot = make_member()
        release(percent=percent, pilots=[pilot.pk])
        assert version_of(pilot.pk, LATER) == "v2"
        assert version_of(pilot.pk, LATER - SECOND) == "v1"

    def test_pilots_can_be_changed_and_must_exist(self, release, make_member, after_commit):
        one, other = make_member(), make_member()
        draft = release(percent=0, pilots=[one.pk])
        after_commit(rule_sets.choose_pilots, by=STAFF, version=draft, members=[other.pk], at=AT)
        assert [version_of(member.pk, LATER) for member in (one, other)] == ["v1", "v2"]
        with pytest.raises(InvalidInput):
            rule_sets.choose_pilots(version=draft, members=[10**9], by=STAFF, at=AT)

    def test_can_be_stopped(self, release, after_commit):
        draft = release(percent=100)
        with pytest.raises(rule_sets.NotReleased):
            rule_sets.stop(version=draft, by=STAFF, at=AT)
        after_commit(rule_sets.stop, by=STAFF, version=draft, at=LATER + HOUR)
        assert [version_of(1, LATER), version_of(1, LATER + HOUR)] == ["v2", "v1"]
        assert queries.state_of(draft, LATER + HOUR) == "retired"
        with pytest.raises(rule_sets.NotReleased):
            rule_sets.widen(version=draft, percent=50, starts_at=LATER + 2 * HOUR, by=STAFF, at=LATER + HOUR)

    def test_somebody_must_serve_everybody(self, release):
        first = RuleSetVersion.objects.get(number=1)
        with pytest.raises(rule_sets.NoneLeft):
            rule_sets.stop(version=first, by=STAFF, at=AT)
        with pytest.raises(rule_sets.NoneLeft):
            rule_sets.widen(version=first, percent=50, starts_at=AT, by=STAFF, at=AT)
        release(percent=50)
        with pytest.raises(rule_sets.NoneLeft):
            rule_sets.stop(version=first, by=STAFF, at=LATER)

    def test_stages_follow_each_other(self, release):
        draft = release(percent=10)
        with pytest.raises(rule_sets.InThePast):
            rule_sets.widen(version=draft, percent=20, starts_at=LATER, by=STAFF, at=AT)


class TestTransition:
    def test_lasts_so_many_days(self, release):
        release(transition_days=3)
        during, over = queries.for_member(1, LATER), queries.for_member(1, LATER + timedelta(days=3))
        assert (during.version, during.former.version, during.former_until) == ("v2", "v1", LATER + timedelta(days=3))
        assert (over.version, over.former) == ("v2", None)
        assert queries.for_member(1, LATER) is during  # made once

    def test_has_a_range(self, release):
        with pytest.raises(InvalidInput):
            release(transition_days=91)


class TestAnnouncement:
    @pytest.fixture
    def told(self):
        """``told(member)``: titles and days of what a member read, oldest first."""

        def read(member):
            notices = Notice.objects.filter(member=member, topic="rules").order_by("pk")
            return [(notice.title % {"day": "…"}, notice.values["day"]["day"][:10]) for notice in notices]

        return read

    NEW, BACK, NOT = (
        "New points rules from …",
        "The earlier points rules count again",
        "The new points rules do not come",
    )

    def test_members_are_told_before_the_start(self, release, make_member):
        member, gone = make_member(), make_member()
        gone.is_active = False
        gone.save()
        release(announcement="双倍积分")  # the outbox tells it, as soon as it is committed
        notice = Notice.objects.get(member=member)
        assert notice.values == {"text": "双倍积分", "day": {"day": LATER.isoformat()}}
        assert RuleSetVersion.objects.get(number=2).announced_at is not None
        assert rule_news.announce(number=2, changed_at=AT, at=AT) == 0

    def test_of_a_trial_only_those_in_it(self, release, make_member):
        pilot, _other = make_member(), make_member()
        release(percent=0, pilots=[pilot.pk], announcement="试用")
        assert list(Notice.objects.values_list("member", flat=True)) == [pilot.pk]

    def test_nothing_is_told_where_nothing_is_to_say(self, release, make_member, after_commit):
        make_member()
        draft = release()
        after_commit(rule_sets.stop, version=draft, by=STAFF, at=LATER)
        assert rule_news.announce(number=2, changed_at=AT, at=AT) == 0
        assert not Notice.objects.exists()

    def test_a_wider_trial_is_told_to_the_newly_reached_once(self, release, make_member, after_commit, told):
        pilots, others = [make_member() for _ in range(2)], [make_member() for _ in range(3)]
        draft = release(percent=0, pilots=[pilot.pk for pilot in pilots], announcement="试用")
        wider = LATER + timedelta(days=5)
        after_commit(rule_sets.widen, version=draft, percent=100, starts_at=wider, by=STAFF, at=LATER)
        assert [told(member) for member in pilots] == [[(self.NEW, "2026-11-27")]] * 2
        assert [told(member) for member in others] == [[(self.NEW, "2026-12-02")]] * 3
        assert rule_news.announce(number=2, changed_at=LATER, at=LATER) == 0

    def test_a_withdrawn_one_is_told_to_those_who_were_told(self, release, make_member, after_commit, told):
        pilot, other = make_member(), make_member()
        draft = release(percent=0, pilots=[pilot.pk], announcement="试用")
        after_commit(rule_sets.withdraw, version=draft, by=STAFF, at=AT)
        assert told(pilot) == [(self.NEW, "2026-11-27"), (self.NOT, "2026-11-27")]
        release(draft, announcement="再来", starts_at=LATER)  # the same day as before
        assert told(pilot)[2:] == told(other) == [(self.NEW, "2026-11-27")]

    def test_a_stopped_one_too(self, release, make_member, after_commit, told):
        member = make_member()
        draft = release(announcement="双倍积分")
        after_commit(rule_sets.stop, version=draft, by=STAFF, at=LATER + HOUR)
        assert told(member) == [(self.NEW, "2026-11-27"), (self.BACK, "2026-11-27")]
        assert rule_news.announce(number=2, changed_at=LATER, at=LATER) == 0

    def test_a_narrower_one_and_other_pilots_are_told(self, release, make_member, after_commit, told):
        one, other = make_member(), make_member()
        draft = release(announcement="双倍积分")
        after_commit(rule_sets.widen, version=draft, percent=0, starts_at=LATER + HOUR, by=STAFF, at=LATER)
        assert told(one) == [(self.NEW, "2026-11-27"), (self.BACK, "2026-11-27")]
        after_commit(rule_sets.choose_pilots, version=draft, members=[one.pk], by=STAFF, at=LATER + 2 * HOUR)
        assert [len(told(one)), len(told(other))] == [3, 2]
        after_commit(rule_sets.choose_pilots, version=draft, members=[other.pk], by=STAFF, at=LATER + 3 * HOUR)
        assert [len(told(one)), len(told(other))] == [4, 3]

    def test_who_has_a_newer_one_hears_nothing_of_an_older(self, release, make_member, after_commit, told):
        pilot, other = make_member(), make_member()
        older = release(percent=0, pilots=[other.pk], announcement="旧的")
        release(percent=0, pilots=[pilot.pk], announcement="新的", starts_at=LATER + HOUR)
        then = LATER + 2 * HOUR
        after_commit(rule_sets.widen, version=older, percent=100, starts_at=then, by=STAFF, at=LATER + HOUR)
        after_commit(rule_sets.stop, version=older, by=STAFF, at=then + HOUR)
        assert [len(told(pilot)), len(told(other))] == [1, 2]

    def test_a_run_that_stopped_half_way_goes_on(self, release, make_member, monkeypatch):
        members = [make_member() for _ in range(7)]
        monkeypatch.setattr(rule_news, "BATCH", 3)
        tell, runs = rule_news.notices.announce, count()

        def dies(**notice):
            if next(runs) == 1:
                raise RuntimeError
            return tell(**notice)

        release(announcement="双倍积分", starts_at=LATER)
        Notice.objects.all().delete()
        RuleSetTold.objects.all().delete()
        monkeypatch.setattr(rule_news.notices, "announce", dies)
        with pytest.raises(RuntimeError):
            rule_news.announce(number=2, changed_at=AT, at=AT)
        assert Notice.objects.count() == 3
        assert rule_news.announce(number=2, changed_at=AT, at=AT) == 4
        assert Notice.objects.count() == len(members)

    def test_many_members_cost_few_statements(self, release, make_member, django_assert_max_num_queries):
        for _ in range(30):
            make_member()
        draft = release(percent=0, pilots=[make_member().pk], announcement="试用")
        with django_assert_max_num_queries(45):
            rule_sets.widen(version=draft, percent=100, starts_at=LATER + HOUR, by=STAFF, at=AT)
            rule_news.announce(number=2, changed_at=AT, at=AT)
        assert Notice.objects.count() == 31


def test_a_version_that_cannot_be_built_is_passed_over(release):
    """A rule was taken out of the code: the version before goes on."""
    draft = release()
    RuleSetVersion.objects.filter(pk=draft.pk).update(rules=[{"rule": "gone", "figures": {}}])
    queries.RELEASES.forget()
    assert version_of(1, LATER) == "v1"


def test_what_is_served_can_be_earned_with(release):
    release()
    outcome = engine.purchase_points(queries.for_member(1, LATER), engine.Earner(1), [engine.Line("a", 500)], LATER)
    assert (outcome.points, outcome.rule_version) == (10, "v2")
