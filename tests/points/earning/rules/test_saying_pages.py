"""The figures on pages are those that the services book: purchases, tiers, daily sign-ins, gifts."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from activities import queries as activities
from activities.services.sign_in import sign_in
from catalog.models import Category
from core import actors
from points.earning.queries import earning as earning_queries
from points.earning.rules import saying
from points.earning.rules.sandbox import processes
from points.earning.services import birthdays, earning, rule_sets, scripts
from points.purchases.services import purchases
from points.tiers.services import tiers
from tests.points.earning.rules.conftest import AT, LATER, STAFF

pytestmark = pytest.mark.django_db
TIERS = ("normal", "silver", "gold", "diamond")
MISSION = scripts.SAMPLE  # replaces what tiers and categories give
CUT = "function calculatePoints(level, amount) { return amount > 50 ? 40 : amount / 3 }"


@pytest.fixture(autouse=True)
def chinese_shop(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def in_force(after_commit):
    """Put a preset into force, with rules more; returns the version."""

    def act(preset="s2", *more, source=None, **rest):
        draft = rule_sets.create_draft(name="New", preset=preset, by=STAFF, at=AT)
        if source is not None:
            script = scripts.create(code="own", name="Own", source=source, by=STAFF, at=AT)
            after_commit(scripts.let_serve, version=script.versions.get(), by=STAFF, at=AT)
            more = (*more, ("script", {"script": "own", "imported": "imported_fruit"}))
        for code, figures in more:
            rule_sets.add_rule(version=draft, code=code, figures=figures, by=STAFF, at=AT)
        after_commit(rule_sets.release, version=draft, starts_at=AT, by=STAFF, at=AT, confirmed=True, **rest)
        return draft

    return act


@pytest.fixture
def read(client):
    """What the member reads at LATER, without tags."""

    def act(member, name):
        client.force_login(member)
        with time_machine.travel(LATER, tick=False):
            return client.get(reverse(name)).content.decode()

    return act


def tiered(member, code):
    if code != "normal":
        tiers.pin(member=member.pk, tier=code, reason="test", by=STAFF, at=AT)
    return member


def buy(member, *lines):
    return purchases.record(
        member=member.pk,
        source="file",
        number=f"{member.pk}-{lines}",
        lines=[(category, yuan * 100) for category, yuan in lines],
        paid_at=LATER,
        by=STAFF,
        at=LATER,
    ).points


def cells(page, label):
    """Figures of the table row that begins with ``label``."""
    row = page[page.index(label) :]
    row = row[: row.index("</tr>")]
    return [unescape(text).replace(",", "").strip() for text in re.findall(r"<td[^>]*>(?:<[^>]+>)*([^<]*)", row)]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("source", [MISSION, CUT])
def test_examples_of_a_script_are_what_is_booked(in_force, make_member, read, tier, source):
    in_force(source=source)
    page = read(tiered(make_member(), tier), "points:rules")
    for label, category in (("Other goods", ""), ("Imported fruit", "imported_fruit"), ("Goods of any kind", "")):
        if f'<th scope="row">{label}' not in page:
            continue
        booked = [buy(tiered(make_member(), tier), (category, yuan)) for yuan in saying.AMOUNTS_YUAN]
        assert cells(page, f'<th scope="row">{label}') == [str(points) for points in booked]
    assert "Your tier" not in page
    assert "+50%" not in page


def test_a_category_that_only_the_script_knows_has_its_own_row(in_force, make_member, read):
    Category.objects.create(code="tea", name="茶", name_en="Tea")
    source = "function calculatePoints(level, amount, imported, {category}) {"
    in_force(source=source + " return category === 'tea' && amount > 5000 ? 5 : amount }")
    page = read(make_member(), "points:rules")
    for label, category in (("Other goods", ""), ("Tea", "tea")):
        booked = [buy(make_member(), (category, yuan)) for yuan in saying.AMOUNTS_YUAN]
        assert cells(page, f'<th scope="row">{label}') == [str(points) for points in booked]


@pytest.mark.parametrize("name", ["points:rules", "points:tier", "points:home"])
def test_where_no_script_can_be_run_the_rest_is_told(in_force, make_member, read, monkeypatch, name):
    in_force("s2", ("keep_balance", {"points": 777}), source=MISSION)
    member = tiered(make_member(), "gold")

    def refuse():
        raise processes.Unavailable

    monkeypatch.setattr(processes, "_take", refuse)
    page = read(member, name)
    assert ("cannot be worked out at the moment" in page) == (name != "points:home")
    if name == "points:rules":
        assert "at least 777 stay in your account" in page
        assert "Reviewing goods" in page
        assert "give no points" not in page
    elif name == "points:tier":
        assert cells(page, '<th scope="row">Points for ¥100') == ["—"] * 4
        assert "Birthday gift" in page


def test_the_example_of_the_mission(in_force, make_member, read):
    in_force(source=MISSION)
    gold = tiered(make_member(), "gold")
    assert cells(read(gold, "points:rules"), '<th scope="row">Imported fruit')[1] == "225"
    assert buy(gold, ("imported_fruit", 100)) == 225


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("preset", ["s2", "10_1", "1000_50", "double"])
def test_the_tier_tables_are_what_is_booked(in_force, make_member, read, preset, tier):
    in_force(preset)
    reader = make_member()
    name = {"normal": "Standard", "silver": "Silver", "gold": "Gold", "diamond": "Diamond"}[tier]
    rules, ladder = read(reader, "points:rules"), read(reader, "points:tier")
    base, booked = buy(make_member(), ("", 1000)), buy(tiered(make_member(), tier), ("", 1000))
    if f'<th scope="row">{name}' in rules:
        times, for_100 = cells(rules, f'<th scope="row">{name}')
        assert int(for_100) == buy(tiered(make_member(), tier), ("", 100))
        assert float(times) * base == booked
    of_tiers = cells(ladder, '<th scope="row">Purchase points')
    assert float(of_tiers[TIERS.index(tier)].rstrip("×")) * base == booked
    own = read(tiered(make_member(), tier), "points:home")
    assert (f"· {booked / base:g}×" in " ".join(own.split())) == (booked > base)


def test_where_only_a_script_knows_the_tiers_have_examples_and_no_badge(in_force, make_member, read):
    in_force(source=MISSION)
    gold = tiered(make_member(), "gold")
    page = read(gold, "points:tier")
    booked = [buy(tiered(make_member(), tier), ("", 100)) for tier in TIERS]
    assert cells(page, '<th scope="row">Points for ¥100') == [str(points) for points in booked]
    assert "× points" not in page
    assert "×</a>" not in read(gold, "points:home")


def test_a_stranger_is_promised_what_every_new_member_gets(in_force, make_member, client, after_commit):
    in_force("s2", ("daily_cap", {"points": 150}))
    assert earning_queries.sign_up_points(at=LATER) == 150
    draft = rule_sets.create_draft(name="Trial", preset="s2", by=STAFF, at=AT)
    rule_sets.change_rule(version=draft, position=4, figures={"behaviour": "sign_up", "points": 80}, by=STAFF, at=AT)
    after_commit(rule_sets.release, version=draft, starts_at=AT + timedelta(hours=1), percent=50, by=STAFF, at=AT)
    assert earning_queries.sign_up_points(at=LATER) == 80
    welcomed = {
        earning.behaviour(member=make_member().pk, behaviour="sign_up", key="w", by=STAFF, at=LATER).points
        for _ in range(12)
    }
    assert welcomed == {80, 150}


def test_acts_and_limits_on_the_rules_page(in_force, make_member, read):
    more = [
        ("behaviour", {"behaviour": "review", "points": 5}),
        ("behaviour", {"behaviour": "sign_in", "points": 9}),
        ("daily_cap", {"points": 40}),
        ("daily_cap", {"points": 900}),
    ]
    in_force("s2", *more)
    page = read(make_member(), "points:rules")
    for case, text in ((None, "Reviewing goods"), ({"pictures": 1}, "Reviewing goods, with pictures")):
        booked = earning.behaviour(
            member=make_member().pk, behaviour="review", key="r", by=STAFF, at=LATER, case=case
        ).points
        assert f"{text}: {booked} points." in page
    assert "Daily sign-in: " not in page
    assert "At most 40 points a day" in page
    assert "900" not in page


@pytest.mark.parametrize("cap", [None, 3, 15, 60])
def test_the_strip_promises_what_the_sign_in_books(in_force, make_member, cap):
    in_force("s2", *([("daily_cap", {"points": cap})] if cap else []))
    member = make_member()
    for day in range(9):
        at = LATER + timedelta(days=day)
        promised = activities.strip(member, at=at).today_points
        signed = sign_in(member=member, by=actors.member(member.pk), at=at)
        assert signed.points == promised
        after = activities.strip(member, at=at)
        assert after.today_points == promised
    assert [one.points for one in after.days][:2] == [min(5, cap or 5), min(8, cap or 8)]
    assert (after.least, after.most) == (min(5, cap or 5), min(70, cap or 70))
    month = activities.month(member, 2026, 12, LATER + timedelta(days=8))
    kept = member.points_account.entries.filter(kind="sign_in", at__gte=datetime(2026, 11, 30, 16, tzinfo=UTC))
    assert month.points == sum(kept.values_list("points", flat=True))


def test_the_strip_knows_what_was_earned_today(in_force, make_member):
    in_force("s2", ("daily_cap", {"points": 53}))
    member = make_member()
    earning.behaviour(member=member.pk, behaviour="share", key="s", by=STAFF, at=LATER)
    assert activities.strip(member, at=LATER).today_points == 3
    assert sign_in(member=member, by=actors.member(member.pk), at=LATER).points == 3


def test_a_day_whose_limit_was_reached_says_nothing_was_given(in_force, make_member):
    in_force("s2", ("daily_cap", {"points": 50}))
    member = make_member()
    earning.behaviour(member=member.pk, behaviour="share", key="s", by=STAFF, at=LATER)
    assert sign_in(member=member, by=actors.member(member.pk), at=LATER).points == 0
    after = activities.strip(member, at=LATER)
    assert (after.signed_today, after.today_points) == (True, 0)
    assert activities.month(member, 2026, 11, LATER).points == 0


def test_the_birthday_gift_is_the_one_on_the_tier_page(in_force, make_member, read):
    in_force("s2", ("behaviour_cap", {"behaviour": "birthday", "points": 60, "times": 0}))
    member = tiered(make_member(), "gold")
    User.objects.filter(pk=member.pk).update(birthday=LATER.date().replace(year=1990))
    assert cells(read(member, "points:tier"), '<th scope="row">Birthday gift') == ["20", "50", "60", "60"]
    assert sum(birthdays.give(at=LATER)) == 1
    assert member.points_account.entries.get().points == 60


def test_what_will_be_is_said_in_figures_of_the_reader(in_force, make_member, read, after_commit):
    gold = tiered(make_member(), "gold")
    draft = rule_sets.create_draft(name="Later", preset="double", by=STAFF, at=AT)
    after_commit(rule_sets.release, version=draft, starts_at=LATER + timedelta(days=3), by=STAFF, at=AT)
    page = read(gold, "points:rules")
    coming = page[page.index('id="coming"') : page.index('id="purchases"')]
    assert "As Gold you get 1 points for every ¥5 paid." in coming
    assert "As Gold you get 1.5 points for every ¥1 paid." in coming
