"""The pages of rules: the public one, and those on which staff draft, release, compare and write scripts."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from catalog.models import Category
from core.models import Approval
from points import ledger
from points.earning.models import RuleAlert, RuleSetVersion, Script
from points.earning.queries import rule_sets as queries
from points.earning.rules import scripts as rule_scripts
from points.earning.rules.sandbox import processes
from points.earning.services import scripts
from tests.points.earning.rules.conftest import GOOD, STAFF

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ALL = ("view_rulesetversion", "draft_rules", "release_rules", "write_scripts", "view_rulealert", "close_rulealert")
LIST = reverse("admin:points_rulesetversion_changelist")


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def staff(client):
    """Sign a member of staff in who may do all of this, or only ``permissions``."""

    def sign_in(*permissions):
        user = User.objects.create_user(username=f"clerk{User.objects.count()}", is_staff=True, date_joined=NOW)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions or ALL))
        client.force_login(user)
        return user

    return sign_in


def page_of(version):
    return reverse("admin:points_rulesetversion_change", args=[version.pk])


def to(name, version, *more):
    return reverse(f"admin:points_rules_{name}", args=[version.pk, *more])


def approve_all(client, staff, after_commit):
    """Somebody else signs in and approves what waits; they stay signed in."""
    staff(*ALL, "approve_rules")
    for approval in Approval.objects.filter(state="pending"):
        url = reverse("admin:core_approval_approve", args=[approval.pk])
        assert client.get(url).status_code == 200
        assert after_commit(client.post, url).status_code == 302


def text_of(response):
    return " ".join(response.content.decode().split())


class TestPublicPage:
    url = reverse("points:rules")

    def test_a_stranger_reads_the_rules_and_all_tiers(self, client):
        text = text_of(client.get(self.url))
        assert "Every ¥1 paid gives 1 points." in text
        assert "Imported fruit: +50% points." in text
        assert "Sharing: 3 times a day." in text
        assert text.count('<th scope="row">') == 4
        assert "yours" not in text
        assert "Your tier" not in text

    def test_a_member_reads_the_own_version(self, client, make_member, release, after_commit):
        pilot = make_member()
        release(percent=0, pilots=[pilot.pk], starts_at=NOW - timedelta(days=0) + timedelta(seconds=0))
        queries.RELEASES.forget()
        assert "Every ¥1 paid gives 1 points." in text_of(client.get(self.url))
        client.force_login(pilot)
        text = text_of(client.get(self.url))
        assert "Every ¥1 paid gives 2 points." in text
        assert "Version v2 of the rules" in text

    def test_what_will_be_stands_there_before(self, client, release):
        release(starts_at=NOW + timedelta(days=3), announcement="Twice as many <points>")
        text = text_of(client.get(self.url))
        assert "Twice as many &lt;points&gt;" in text
        coming = text[text.index('id="coming"') : text.index('id="purchases"')]
        assert "Every ¥1 paid gives 2 points." in coming
        assert "Sharing: 3 times a day." in coming

    def test_no_space_stands_after_a_chinese_stop(self, client):
        client.cookies["django_language"] = "zh-hans"
        text = text_of(client.get(self.url, headers={"accept-language": "zh-hans"}))
        main = text[text.index("<main") : text.index("</main>")]
        assert "。 <" not in main.replace("。 </", "")
        assert not [piece for piece in main.split("。 ")[1:] if not piece.startswith("<")]

    def test_costs_few_queries(self, client, make_member, django_assert_max_num_queries):
        client.force_login(make_member())
        client.get(self.url)
        with django_assert_max_num_queries(8):
            client.get(self.url)


class TestDrafting:
    def test_from_a_preset_to_a_released_version(self, client, staff, after_commit):
        staff()
        reply = client.post(reverse("admin:points_rulesetversion_add"), {"name": "Spring", "source": "10_1"})
        draft = RuleSetVersion.objects.get(number=2)
        assert reply.url == page_of(draft)
        assert client.post(page_of(draft), {"act": "add", "rule": "daily_cap"}).url == to("figures", draft, 7)
        assert b"From 1 to" in client.get(to("figures", draft, 7)).content
        assert client.post(to("figures", draft, 7), {"points": "0"}).status_code == 200
        client.post(to("figures", draft, 7), {"points": "800"})
        client.post(page_of(draft), {"act": "up", "position": "7"})
        client.post(page_of(draft), {"act": "remove", "position": "0"})
        draft.refresh_from_db()
        assert [rule["rule"] for rule in draft.rules][5] == "daily_cap"
        assert draft.rules[5]["figures"] == {"points": 800}
        assert "At most 800 points a day" in text_of(client.get(page_of(draft)))
        with_pilot = {"percent": "25", "starts_at": "", "pilots": "", "transition_days": "3", "announcement": "soon"}
        refused = text_of(client.post(to("release", draft), with_pilot))
        assert "Purchases earn nothing." in refused
        assert "soon" in refused
        confirmed = with_pilot | {"confirmed": "on"}
        assert after_commit(client.post, to("release", draft), confirmed).status_code == 302
        assert queries.state_of(draft, timezone.now()) == "draft"  # a tenth of the points: a second person looks
        approve_all(client, staff, after_commit)
        assert queries.state_of(draft, timezone.now()) == "active"
        assert "25%" in text_of(client.get(LIST))
        after_commit(client.post, to("widen", draft), {"percent": "100", "starts_at": ""})
        approve_all(client, staff, after_commit)
        assert queries.for_member(1, timezone.now()).version == "v2"
        page = text_of(client.get(to("stop", draft)))
        assert "Serves afterwards" in page
        assert after_commit(client.post, to("stop", draft), {"then": "1"}).status_code == 200  # not agreed
        after_commit(client.post, to("stop", draft), {"then": "1", "agreed": "on"})
        approve_all(client, staff, after_commit)
        assert queries.for_member(1, timezone.now()).version == "v1"

    def test_staff_read_of_all_tiers_of_examples_and_of_mistakes(self, client, staff, make_draft, make_member):
        for _ in range(9):
            make_member()
        staff(*ALL, "run_whatifrun")
        draft = make_draft(preset="s2", rules=[("ratio", {"points": 3})])
        for page in (page_of(draft), to("release", draft)):
            text = text_of(client.get(page))
            assert "“Points by amount” stands there 2 times, and each one counts." in text
            assert "180 → 480" in text  # silver, imported fruit
        text = text_of(client.get(page_of(draft)))
        assert "By tier: Standard × 1, Silver × 1.2, Gold × 1.5, Diamond × 2." in text
        assert f"{reverse('admin:points_whatifrun_add')}?version=v2" in text
        assert "20%: 2" in text_of(client.get(to("release", draft)))

    def test_a_stop_says_who_serves_then_and_asks(self, client, staff, release, after_commit):
        staff()
        for hour, share in enumerate((100, 30, 100)):
            release(percent=share, starts_at=NOW + timedelta(hours=hour))
        now = NOW + timedelta(days=1)
        with time_machine.travel(now, tick=False):
            newest = RuleSetVersion.objects.get(number=4)
            text = text_of(client.get(to("stop", newest)))
            assert "v3 New · 30%" in text
            assert "v2 New for all others" in text
            assert "v3 New had been replaced and counts again" in text
            form = {"then": "3,2", "agreed": "on"}
            assert after_commit(client.post, to("stop", newest), {"then": "3,2"}).status_code == 200
            assert "Something was changed meanwhile" in text_of(client.post(to("stop", newest), form | {"then": "2"}))
            assert after_commit(client.post, to("stop", newest), form).status_code == 302
        assert queries.state_of(RuleSetVersion.objects.get(number=3), now) == "active"

    def test_every_rule_has_a_form(self, client, staff, make_draft):
        staff()
        rules = [(code, {}) for code in queries.engine.registered()]
        draft = make_draft(rules=rules)
        for position in range(len(rules)):
            assert client.get(to("figures", draft, position)).status_code == 200
        assert client.get(to("figures", draft, len(rules))).status_code == 404
        assert client.get(page_of(draft)).status_code == 200

    def test_a_category_that_is_not_there_is_told(self, client, staff, make_draft):
        Category.objects.create(code="tea", name="茶")
        draft = make_draft(rules=[("ratio", {}), ("category_bonus", {"categories": "tea"})])
        staff()
        address = f"/admin/points/rulesetversion/{draft.pk}/rules/1/"
        answer = client.post(address, {"categories": "tea，cofee", "percent": "50"}, follow=True).text
        assert "The mall has no category cofee. Only" in answer
        assert (
            "Rule 2, “Bonus for categories”: the mall has no category cofee." in answer
        )  # among the warnings, until it is corrected
        answer = client.post(address, {"categories": "ＴＥＡ，", "percent": "50"}, follow=True).text
        assert "mall has no category" not in answer

    @pytest.mark.parametrize("page", ["change/", "release/"])
    def test_where_no_script_can_be_run_it_is_said(self, client, staff, script, make_draft, monkeypatch, page):
        draft = make_draft(rules=[("ratio", {}), ("script", {"script": script.code})])

        def refuse():
            raise processes.Unavailable

        monkeypatch.setattr(processes, "_take", refuse)
        staff()
        address = f"/admin/points/rulesetversion/{draft.pk}/{page}"
        assert "Scripts cannot be run at the moment" in client.get(address).text
        if page == "release/":
            form = {"starts_at": "", "percent": 100, "transition_days": 0, "confirmed": "on", "reason": "x"}
            assert "Scripts cannot be run at the moment" in client.post(address, form).text
            assert not draft.stages.exists()
        form = {"source": script.versions.get().source, "act": "save"}
        assert (
            "Scripts cannot be run at the moment" in client.post(f"/admin/points/script/{script.pk}/change/", form).text
        )

    def test_a_released_one_cannot_be_edited(self, client, staff):
        staff()
        first = RuleSetVersion.objects.get(number=1)
        client.post(page_of(first), {"act": "remove", "position": "0"})
        client.post(to("figures", first, 0), {"points": "9", "yuan": "1"})
        first.refresh_from_db()
        assert first.rules[0]["figures"]["points"] == 1

    def test_a_scheduled_one_can_be_taken_back(self, client, staff, release, after_commit):
        staff()
        draft = release(starts_at=NOW + timedelta(days=3))
        assert "Take back" in text_of(client.get(page_of(draft)))
        after_commit(client.post, to("withdraw", draft))
        assert queries.state_of(draft, timezone.now()) == "draft"

    def test_unknown_pilots_are_named(self, client, staff, make_draft):
        staff()
        draft = make_draft()
        reply = client.post(
            to("release", draft), {"percent": "0", "pilots": "nobody@nowhere.cn", "transition_days": "0"}
        )
        assert "Nobody is known as nobody@nowhere.cn." in text_of(reply)

    @pytest.mark.parametrize("name", ["name", "release", "widen", "pilots", "withdraw", "stop"])
    def test_needs_a_permission(self, client, staff, make_draft, name):
        draft = make_draft()
        staff("view_rulesetversion")
        assert client.get(page_of(draft)).status_code == 200
        assert client.get(to(name, draft)).status_code == 403
        assert client.post(page_of(draft), {"act": "add", "rule": "ratio"}).status_code == 403
        staff("view_order")
        assert client.get(LIST).status_code == 403
        assert client.get(page_of(draft)).status_code == 403

    @pytest.mark.parametrize("number", ["99", "99999999999", "x"])
    def test_an_unknown_one_is_not_found(self, client, staff, number):
        staff()
        assert client.get(f"{LIST}{number}/change/").status_code == 404


class TestComparing:
    def test_both_groups_side_by_side(self, client, staff, release, make_member):
        staff()
        pilot, other = make_member(), make_member()
        start = NOW - timedelta(hours=2)
        draft = release(percent=0, pilots=[pilot.pk], starts_at=NOW)
        draft.stages.update(starts_at=start)
        queries.RELEASES.forget()
        for member, points in ((pilot, 300), (other, 100)):
            ledger.earn(
                account=member.pk, points=points, kind="purchase", key="p", by=STAFF, at=NOW - timedelta(hours=1)
            )
            ledger.spend(account=member.pk, points=60, kind="redeem", key="s", by=STAFF, at=NOW)
        text = text_of(client.get(to("compare", draft)))
        for label, one, two in (
            ("Points earned", "300", "100"),
            ("Points used", "60", "60"),
            ("Used for each point earned", "0.20", "0.60"),
        ):
            row = text[text.index(label) :]
            assert row.index(one) < row.index(two, row.index(one) + 1), label

    def test_not_before_the_start(self, client, staff, make_draft):
        staff()
        assert "has not started" in text_of(client.get(to("compare", make_draft())))


class TestScripts:
    def page(self, script):
        return reverse("admin:points_script_change", args=[script.pk])

    def test_are_drafted_tried_and_let_serve(self, client, staff, after_commit):
        staff()
        reply = after_commit(
            client.post,
            reverse("admin:points_script_add"),
            {"code": "sums", "name": "Sums", "source": scripts.SAMPLE},
        )
        script = Script.objects.get()
        assert scripts.serving(script) is None
        assert "225" in text_of(client.get(reply.url))
        after_commit(client.post, reply.url, {"act": "serve"})
        assert scripts.serving(script).number == 1
        form = {"source": GOOD, "tier": "gold", "amount": "77.5", "is_imported": "on", "act": "try"}
        assert "155" in text_of(client.post(self.page(script), form))
        assert script.versions.count() == 1
        draft = after_commit(client.post, self.page(script), form | {"act": "save"}).url
        assert scripts.serving(script).number == 1
        tried = text_of(client.get(draft))
        assert "What version 2 gives" in tried
        assert "Let version 2 serve" in tried
        after_commit(client.post, draft, {"act": "serve"})
        assert "Version 2 serves." in text_of(client.get(self.page(script)))
        after_commit(client.post, f"{self.page(script)}?try=1", {"act": "serve"})
        assert "Version 1 serves." in text_of(client.get(self.page(script)))
        assert client.get(f"{self.page(script)}?try=9").status_code == 404

    def test_a_broken_one_is_told_and_does_not_serve(self, client, staff, script, after_commit):
        staff()
        form = {"source": "function calculatePoints() { while (true) {} }", "act": "try"}
        assert "did not finish" in text_of(client.post(self.page(script), form))
        draft = after_commit(client.post, self.page(script), form | {"act": "save"}).url
        assert "did not finish" in text_of(client.get(draft))
        assert "fails when it is tried" in text_of(after_commit(client.post, draft, {"act": "serve"}))
        assert scripts.serving(script).number == 1
        broken = "function calculatePoints() {\n  return (1;\n}"
        syntax = text_of(client.post(self.page(script), {"source": broken, "act": "save"}))
        assert "cannot be read as a script: Line 2: This cannot be read. (" in syntax
        assert "return (1;" in syntax

    def test_need_a_permission(self, client, staff, script):
        staff("view_script")
        assert client.get(self.page(script)).status_code == 200
        assert client.post(self.page(script), {"source": GOOD, "act": "save"}).status_code == 403
        assert client.post(f"{self.page(script)}?try=1", {"act": "serve"}).status_code == 403
        assert client.get(reverse("admin:points_script_add")).status_code == 403

    def test_alerts_show_on_the_first_page_and_in_the_sidebar_until_closed(self, client, staff, script, after_commit):
        staff()
        home = reverse("admin:index")
        assert "data-alert" not in text_of(client.get(home))
        after_commit(fail, script)
        url = reverse("admin:points_rulealert_changelist")
        text = text_of(client.get(url))
        assert "data-waiting" in text
        assert "Script “Sums”, version 2: 1" in text
        assert "Script “Sums”, version 2: 1" in text_of(client.get(home))
        client.post(url, {"action": "close", "_selected_action": [RuleAlert.objects.get().pk]})
        assert RuleAlert.objects.get().closed_at is not None
        assert "data-waiting" not in text_of(client.get(url))
        assert "data-alert" not in text_of(client.get(home))

    def test_alerts_are_for_those_who_may_see_them(self, client, staff, script, after_commit):
        staff("write_scripts")
        after_commit(fail, script)
        assert "data-alert" not in text_of(client.get(reverse("admin:index")))


def fail(script):
    """The version that serves fails at work."""
    version = scripts.save(script=script, source="function calculatePoints() { throw 1 }", by=STAFF, at=NOW)
    scripts.let_serve(version=version, by=STAFF, at=NOW, trials=())
    scripts.report_failure(rule_scripts.Version(version.pk, version.number, script.name, version.source), "1")


def test_a_script_rule_is_offered_with_the_scripts_there_are(client, staff, script, make_draft):
    staff()
    draft = make_draft(rules=[("script", {})])
    assert '<option value="sums"' in client.get(to("figures", draft, 0)).content.decode()
    client.post(to("figures", draft, 0), {"script": "sums", "imported": "imported_fruit", "text": "Twice"})
    draft.refresh_from_db()
    outcome = queries.engine.purchase_points(
        queries.by_version("v2"), queries.engine.Earner(1), [queries.engine.Line("a", 500)], NOW
    )
    assert outcome.points == Decimal(10)
