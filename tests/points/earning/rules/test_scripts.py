"""Scripts at work: hot reload, fallback to the last good version, one alert, return to an earlier one (C7)."""

from decimal import Decimal

import pytest
from django.utils import translation

from core import live
from points.earning.models import RuleAlert
from points.earning.queries import rule_sets as queries
from points.earning.rules import engine, scripts
from points.earning.rules.engine import Earner, Line
from points.earning.services import alerts
from points.earning.services import scripts as services
from tests.points.earning.rules.conftest import AT, GOOD, STAFF

pytestmark = pytest.mark.django_db
LOOP = "function calculatePoints() { while (true) {} }"
LOOP_WHEN_LARGE = "function calculatePoints(level, amount) { while (amount > 1e5) {} return amount * 3 }"
GOLD = Earner(1, "gold", Decimal("1.5"))
RULES = engine.build("v9", [{"rule": "ratio", "figures": {}}, {"rule": "script", "figures": {"script": "sums"}}])


@pytest.fixture(autouse=True)
def nothing_failed_yet():
    scripts._failed.clear()
    yield
    scripts._failed.clear()


@pytest.fixture
def save(script, after_commit):
    """Save a source and let it serve; with ``trials=()`` untried."""

    def act(source, **rest):
        version = services.save(script=script, source=source, by=STAFF, at=AT)
        return after_commit(services.let_serve, version=version, by=STAFF, at=AT, **rest)

    return act


def purchase(fen=10_000):
    return engine.purchase_points(RULES, GOLD, [Line("a", fen), Line("imported_fruit", 50)], AT)


def test_the_serving_version_counts(script):
    outcome = purchase()
    assert outcome.lines == (200, 1)
    assert outcome.steps[-1] == ["By the rule “%(name)s”, version %(version)s", "201", {"name": "Sums", "version": "1"}]


def test_a_saved_version_is_a_draft_until_it_is_let_serve(script, after_commit):
    version = services.save(script=script, source="function calculatePoints() { return 5 }", by=STAFF, at=AT)
    assert (version.number, version.activated_at) == (2, None)
    assert services.serving(script).number == 1
    assert purchase().lines == (200, 1)
    after_commit(services.let_serve, version=version, by=STAFF, at=AT)
    assert services.serving(script).number == 2
    assert purchase().points == 10


def test_what_a_script_throws_away_is_no_step(script, save):
    assert [step[1] for step in purchase().steps] == ["201"]
    save("function calculatePoints(level, amount, imported, facts) { return facts.points + 1 }")
    assert [step[1] for step in purchase().steps] == ["100.5", "102.5", "102"]


def test_a_version_that_serves_reads_what_the_rules_above_gave(save):
    save("function calculatePoints(level, amount, imported, facts) { return imported ? 7 : facts.points }")
    assert purchase().lines == (100, 7)


@pytest.mark.parametrize(
    "body",
    ["while (true) {}", "throw 1", "return NaN", "return -1", "return 1e9", "return 'x'",
     "const a = []; for (;;) a.push(a.length + 'x')", "return calculatePoints()"],
)  # fmt: skip
def test_what_fails_at_work_is_replaced_by_the_last_good_one(save, after_commit, body):
    version = save(f"function calculatePoints() {{ {body} }}", trials=())
    assert after_commit(purchase).lines == (200, 1)
    version.refresh_from_db()
    assert version.failed_at is not None
    assert version.failure
    alert = RuleAlert.objects.get()
    assert (alert.closed_at, alert.details) == (None, {"name": "Sums", "version": 2, "why": version.failure})
    assert scripts._failed == {}
    assert after_commit(purchase).lines == (200, 1)
    assert RuleAlert.objects.count() == 1


def test_another_process_is_told(save, after_commit):
    save(LOOP, trials=())
    after_commit(purchase)
    live.forget_all()  # as if it looked for the first time
    assert [version.number for version in scripts.in_line("sums")] == [1]


def test_a_failure_in_a_transaction_that_is_rolled_back_is_written_down_later(save, after_commit, monkeypatch):
    from django.db import transaction

    version = save(LOOP, trials=())
    with pytest.raises(RuntimeError), transaction.atomic():
        purchase()
        raise RuntimeError
    assert RuleAlert.objects.count() == 0
    monkeypatch.setattr(scripts, "REPORT_S", 0)
    why, _next_report = scripts._failed[version.pk]
    scripts._failed[version.pk] = (why, 0.0)
    assert after_commit(purchase).lines == (200, 1)
    version.refresh_from_db()
    assert version.failed_at is not None
    assert RuleAlert.objects.count() == 1


def test_only_one_version_failed_where_only_one_is_bad(save, after_commit):
    save("function calculatePoints() { return 5 }")
    save("function calculatePoints() { return 6 }")
    save(LOOP, trials=())
    assert after_commit(purchase).lines == (6, 6)


def test_without_any_that_works_the_points_stay_as_they_were(script, after_commit):
    for _ in range(2):
        script.versions.filter(failed_at=None).update(source=LOOP)
        scripts.SCRIPTS.forget()
        outcome = after_commit(purchase)
    assert outcome.lines == (100, 0)
    assert [step[1] for step in outcome.steps] == ["100.5", "100"]


def test_an_unknown_script_changes_nothing():
    assert purchase().lines == (100, 0)


def test_a_version_that_fails_its_trial_never_serves(script):
    version = services.save(script=script, source=LOOP, by=STAFF, at=AT)
    with pytest.raises(services.TrialFailed):
        services.let_serve(version=version, by=STAFF, at=AT)
    version.refresh_from_db()
    assert (version.activated_at, version.failed_at) == (None, None)
    assert not RuleAlert.objects.exists()
    assert purchase().lines == (200, 1)


def test_what_the_trial_does_not_find_fails_at_work(save, after_commit):
    assert save(LOOP_WHEN_LARGE).failed_at is None
    assert purchase().lines == (300, 1)
    assert after_commit(purchase, 20_000_000).lines == (400_000, 1)
    assert RuleAlert.objects.count() == 1


def test_an_error_of_syntax_is_not_saved(script):
    with pytest.raises(services.NotAScript):
        services.save(script=script, source="function calculatePoints( {", by=STAFF, at=AT)
    assert script.versions.count() == 1


def test_one_returns_to_an_earlier_version(save, script, after_commit):
    save("function calculatePoints() { return 5 }")
    assert purchase().lines == (5, 5)
    first = script.versions.get(number=1)
    after_commit(services.let_serve, version=first, by=STAFF, at=AT.replace(hour=5))
    assert purchase().lines == (200, 1)


def test_but_not_to_one_that_failed(save, after_commit):
    version = save(LOOP, trials=())
    after_commit(purchase)
    with pytest.raises(services.VersionFailed):
        services.let_serve(version=version, by=STAFF, at=AT)


HELPED = """function calculatePoints(a) {
  return helper(a);
}
function helper(a) {

  throw new Error('no');
}"""


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("function calculatePoints(a) {\n  let x = 1;\n  return y + x;\n}", 3),
        (HELPED, 6),
        ("let a = 1;\nfoo();\nfunction calculatePoints() {}", 2),
        ("function calculatePoints(a) {\n  throw 1;\n}", None),
    ],
)
def test_an_error_names_its_line(source, line):
    for language, words in (("en", f"Line {line}: "), ("zh-hans", f"第{line}行：")):
        with translation.override(language):
            (why,) = {why for _trial, _points, why in services.try_out(source)}
        assert why.startswith(words) == (line is not None)


def test_an_error_of_syntax_names_its_line_too(script):
    broken = "function calculatePoints(a) {\n  return (1;\n}"
    with (
        translation.override("en"),
        pytest.raises(services.NotAScript, match=r"Line 2: This cannot be read\. \(Unexpected token"),
    ):
        services.save(script=script, source=broken, by=STAFF, at=AT)


def test_codes_are_taken_once(script):
    with pytest.raises(services.CodeTaken):
        services.create(code="sums", name="Other", source=GOOD, by=STAFF, at=AT)


def test_alerts_are_closed_once_and_open_again(save, after_commit):
    save(LOOP, trials=())
    after_commit(purchase)
    alert = RuleAlert.objects.get()
    alerts.close_alert(alert=alert, by=STAFF, at=AT)
    with pytest.raises(alerts.AlreadyClosed):
        alerts.close_alert(alert=alert, by=STAFF, at=AT)
    assert alerts.open_alert(kind=alert.kind, subject=alert.subject, details={}, at=AT)
    assert not alerts.open_alert(kind=alert.kind, subject=alert.subject, details={}, at=AT)


def test_a_warm_look_costs_no_query(script, django_assert_num_queries):
    purchase()
    queries.for_member(1, AT)
    with django_assert_num_queries(0):
        purchase()
        queries.for_member(1, AT)


def test_the_trial_tells_each_case():
    results = services.try_out(services.SAMPLE)
    assert len(results) == len(services.TRIALS)
    assert {str(points) for trial, points, _why in results if trial == ("gold", Decimal("100.5"), True)} == {"225"}
    assert len(services.try_out(LOOP)) == 1
