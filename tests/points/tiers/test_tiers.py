"""Members rise at once and fall slowly (C12)."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Notice, User
from core import clock
from core.models import OutboxMessage
from points import ledger
from points.grants.services import adjusting, granting
from points.tiers import queries, rules
from points.tiers.models import MemberTier, TierChange
from points.tiers.services import tiers
from tests.points.conftest import AT

DAY = timedelta(days=1)
SHOP = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("points", "code"),
    [
        (1, "normal"), (999, "normal"), (1_000, "silver"), (1_001, "silver"), (4_999, "silver"), (5_000, "gold"),
        (5_001, "gold"), (9_999, "gold"), (10_000, "diamond"), (10_001, "diamond"), (2_000_000, "diamond"),
    ],
)  # fmt: skip
def test_a_threshold_is_reached_at_once(own, points, code):
    own.earn(points)
    tiers.consider(own.member, at=AT)
    assert queries.tier_of(own.member).code == code


@pytest.mark.parametrize(("before", "threshold", "code"), [("normal", 1_000, "silver"), ("silver", 5_000, "gold")])
def test_the_last_point_counts(own, before, threshold, code):
    own.earn(threshold - 1)
    tiers.consider(own.member, at=AT)
    assert queries.tier_of(own.member).code == before
    own.earn(1)
    step = tiers.consider(own.member, at=AT + DAY)
    assert (step.cause, step.state.tier) == ("promoted", code)
    assert MemberTier.objects.get().since == AT + DAY


def test_spending_and_the_end_of_points_lower_nothing_a_clawback_counts(own):
    own.earn(900, key="first")
    own.spend(400, key="spent")
    own.spend(400, kind="expire")
    own.refund(spent="spent", points=400)
    assert queries.earned_in_window([own.member], at=AT) == {own.member: 900}
    own.clawback(earned="first", points=100)
    own.adjust(150)
    own.adjust(-50)
    assert queries.earned_in_window([own.member], at=AT) == {own.member: 900}


def test_a_promotion_is_told_once_and_written_down(own):
    own.earn(1_200)
    assert tiers.consider(own.member, at=AT)
    assert tiers.consider(own.member, at=AT) is None
    change = TierChange.objects.get()
    assert (change.from_tier, change.to_tier, change.points, change.by) == ("normal", "silver", 1_200, "system:tiers")
    assert Notice.objects.get().topic == "tier"


def test_an_earning_asks_one_question(own, django_assert_num_queries):
    own.earn(1_200)
    tiers.consider(own.member, at=AT)
    own.earn(10)
    with django_assert_num_queries(1):
        tiers.consider(own.member, at=AT)


# The calendar


def at_shop(year, month, day, hour=1):
    return datetime(year, month, day, hour, tzinfo=SHOP)


def evaluate(at, **options):
    turns = Counter()
    for done in tiers.evaluate(at=at, **options):
        turns += done.turns
    return dict(turns)


def row():
    return MemberTier.objects.get()


def notices():
    return list(Notice.objects.filter(topic="tier").order_by("pk").values_list("title", flat=True))


def test_a_year_a_grace_and_one_step_down(own):
    own.earn(5_000, at=at_shop(2025, 11, 22, 9))
    tiers.consider(own.member, at=at_shop(2025, 11, 22, 9))
    assert row().review_on == date(2026, 11, 22)
    own.earn(4_999, at=at_shop(2026, 5, 1))
    assert evaluate(at_shop(2026, 11, 21, 23)) == {}
    assert evaluate(at_shop(2026, 11, 22)) == {"warned": 1}
    assert evaluate(at_shop(2026, 11, 22)) == {}
    assert (row().tier, row().grace_until) == ("gold", date(2026, 12, 22))
    assert evaluate(at_shop(2026, 12, 22, 23)) == {}
    assert queries.tier_of(own.member).code == "gold"
    assert evaluate(at_shop(2026, 12, 23)) == {"demoted": 1}
    assert (row().tier, row().review_on, row().grace_until) == ("silver", date(2027, 12, 23), None)
    assert notices() == [
        "You are %(tier)s now", "Keep %(tier)s: %(missing)s points are missing", "You are %(tier)s now",
    ]  # fmt: skip
    warned = Notice.objects.order_by("pk")[1].values
    assert (warned["missing"], warned["day"], warned["lower"]["en"]) == (1, {"day": "2026-12-22"}, "Silver")


def test_without_a_single_point_it_takes_years_to_the_bottom(own):
    own.earn(10_000, at=at_shop(2024, 1, 10))
    tiers.consider(own.member, at=at_shop(2024, 1, 10))
    seen = []
    for n in range(4 * 366):
        at = at_shop(2024, 1, 10) + n * DAY
        if turns := evaluate(at):
            seen.append((turns, row().tier))
    assert seen == [
        ({"warned": 1}, "diamond"), ({"demoted": 1}, "gold"), ({"warned": 1}, "gold"), ({"demoted": 1}, "silver"),
        ({"warned": 1}, "silver"), ({"demoted": 1}, "normal"),
    ]  # fmt: skip
    assert row().review_on is None


def test_points_in_the_grace_keep_the_tier_at_once(own):
    own.earn(1_000, at=at_shop(2025, 11, 22))
    tiers.consider(own.member, at=at_shop(2025, 11, 22))
    evaluate(at_shop(2026, 11, 22))
    own.earn(999, at=at_shop(2026, 12, 1))
    assert tiers.consider(own.member, at=at_shop(2026, 12, 1)) is None
    own.earn(1, at=at_shop(2026, 12, 2))
    assert tiers.consider(own.member, at=at_shop(2026, 12, 2)).cause == "kept"
    assert (row().tier, row().review_on, row().grace_until) == ("silver", date(2027, 11, 22), None)
    assert evaluate(at_shop(2026, 12, 23)) == {}


def test_a_clawback_lowers_nobody_at_once_but_counts_in_the_review(own):
    own.earn(1_000, at=at_shop(2026, 1, 5), key="bought")
    tiers.consider(own.member, at=at_shop(2026, 1, 5))
    own.clawback(earned="bought", points=1, at=at_shop(2026, 2, 1))
    assert tiers.consider(own.member, at=at_shop(2026, 2, 1)) is None
    assert queries.tier_of(own.member).code == "silver"
    own.earn(999, at=at_shop(2026, 3, 1))
    own.spend(1_500, at=at_shop(2026, 3, 2))
    assert evaluate(at_shop(2027, 1, 5)) == {"warned": 1}


def test_who_spends_everything_keeps_the_tier(own):
    own.earn(1_000, at=at_shop(2026, 1, 6))
    tiers.consider(own.member, at=at_shop(2026, 1, 6))
    own.earn(1_000, at=at_shop(2026, 2, 1))
    own.spend(2_000, at=at_shop(2026, 3, 2))
    assert evaluate(at_shop(2027, 1, 6)) == {"kept": 1}


def test_the_first_day_of_the_window_counts_the_day_before_does_not(own):
    own.earn(1_000, at=at_shop(2024, 2, 29))
    tiers.consider(own.member, at=at_shop(2024, 2, 29))
    assert row().review_on == date(2025, 2, 28)
    assert queries.earned_in_window([own.member], at=at_shop(2025, 2, 28, 23)) == {own.member: 1_000}
    assert queries.earned_in_window([own.member], at=at_shop(2025, 3, 1, 0)) == {}
    # Twelve months to the day: a leap day is still inside on the last day of February.
    assert evaluate(at_shop(2025, 2, 28)) == {"kept": 1}


def test_a_dry_run_writes_nothing(own):
    own.earn(1_000, at=at_shop(2025, 11, 22))
    tiers.consider(own.member, at=at_shop(2025, 11, 22))
    before = MemberTier.objects.values().get()
    assert evaluate(at_shop(2026, 11, 22), dry_run=True) == {"warned": 1}
    assert MemberTier.objects.values().get() == before
    assert TierChange.objects.count() == Notice.objects.count() == 1


def test_missed_nights_are_made_good_with_the_whole_grace(own):
    own.earn(1_000, at=at_shop(2025, 11, 22))
    tiers.consider(own.member, at=at_shop(2025, 11, 22))
    assert evaluate(at_shop(2027, 1, 31)) == {"warned": 1}
    assert row().grace_until == date(2027, 3, 2)


def test_a_pinned_member_hears_nothing_of_reviews(own):
    own.earn(1_000, at=at_shop(2025, 11, 22))
    tiers.consider(own.member, at=at_shop(2025, 11, 22))
    tiers.pin(member=own.member, tier="gold", reason="guest", by="staff:900100", at=at_shop(2026, 1, 1))
    count = Notice.objects.count()
    evaluate(at_shop(2026, 11, 22))
    evaluate(at_shop(2026, 12, 23))
    assert Notice.objects.count() == count
    assert (row().tier, row().code) == ("normal", "gold")


# A history in order of time


def test_a_history_replayed_ends_where_it_would_have_ended_live(own):
    for at, points in ((at_shop(2023, 3, 1), 5_000), (at_shop(2024, 3, 20), 100), (at_shop(2024, 8, 1), 500)):
        own.earn(points, at=at)
        tiers.consider(own.member, at=at, replaying=True)
    # Gold on 1 March 2023; looked at on 1 March 2024, too few; silver from the day after the grace.
    assert list(TierChange.objects.order_by("pk").values_list("cause", "to_tier")) == [
        ("promoted", "gold"), ("warned", "gold"), ("demoted", "silver"),
    ]  # fmt: skip
    assert row().since == at_shop(2024, 4, 1, 0)
    assert notices() == []


def test_an_earning_booked_late_counts_for_the_time_of_the_tier(own):
    own.earn(1_000, at=at_shop(2026, 5, 1))
    tiers.consider(own.member, at=at_shop(2026, 5, 1))
    own.earn(4_000, at=at_shop(2026, 4, 1))
    step = tiers.consider(own.member, at=at_shop(2026, 4, 1))
    assert (step.cause, step.state.tier, row().since) == ("promoted", "gold", at_shop(2026, 5, 1))


def test_what_comes_later_does_not_count_yet(own):
    own.earn(600, at=at_shop(2026, 4, 1))
    own.earn(600, at=at_shop(2026, 5, 1))
    assert tiers.consider(own.member, at=at_shop(2026, 4, 1)) is None
    assert tiers.consider(own.member, at=at_shop(2026, 5, 1)).state.tier == "silver"


# Others who give points


def test_a_grant_by_hand_raises(own):
    adjusting.request_adjustment(
        member=own.member, points=1_500, reason="event", form_key="f", by="staff:900100", at=AT
    )
    assert queries.tier_of(own.member).code == "silver"


def test_a_file_of_grants_raises_in_one_go(own, parameters):
    parameters["points.adjust_approval_above"] = 100_000
    content = f"member,points,key\n#{own.member},600,a\n#{own.member},400,b\n".encode()
    grant = granting.take_in(
        name="a.csv", content=content, reason="goodwill", skip_refused=False, by="staff:900100", at=AT
    )
    granting.work_off(grant=granting.start(grant=granting.judge(grant=grant, at=AT), by="staff:900100", at=AT), at=AT)
    assert queries.tier_of(own.member).code == "silver"


# What a page asks


def test_the_standing_of_a_new_member(member, django_assert_num_queries):
    queries.all_tiers()
    with django_assert_num_queries(1):
        found = queries.standing(member, at=AT)
    assert (found.tier.code, found.points, found.missing, found.percent) == ("normal", 0, 1_000, 0)
    assert found.safe_until is found.reached_on is None


@pytest.mark.parametrize(
    ("points", "tier", "missing", "percent"),
    [(999, "normal", 1, 99), (1_000, "silver", 4_000, 20), (4_999, "silver", 1, 99), (10_000, "diamond", 0, 100)],
)
def test_the_way_to_the_next_tier(own, points, tier, missing, percent):
    own.earn(points)
    tiers.consider(own.member, at=AT)
    found = queries.standing(own.member, at=AT)
    assert (found.tier.code, found.missing, found.percent) == (tier, missing, percent)


def test_the_standing_in_a_grace(own):
    own.earn(1_000, at=at_shop(2025, 11, 22))
    tiers.consider(own.member, at=at_shop(2025, 11, 22))
    own.earn(300, at=at_shop(2026, 4, 1))
    evaluate(at_shop(2026, 11, 22))
    found = queries.standing(own.member, at=at_shop(2026, 11, 23))
    assert found.in_grace
    assert (found.to_keep, found.safe_until, found.lower_tier.code) == (700, date(2026, 12, 22), "normal")


def test_tiers_of_many_cost_one_question(own, django_assert_num_queries):
    own.earn(1_000)
    tiers.consider(own.member, at=AT)
    queries.all_tiers()
    with django_assert_num_queries(1):
        found = queries.tiers_at({own.member: AT, 987654: AT}, today=AT.date())
    assert {pk: past.tier.code for pk, past in found.items()} == {own.member: "silver", 987654: "normal"}
    with django_assert_num_queries(1):
        assert queries.tier_of(own.member).code == "silver"
    assert queries.tier_of(None).code == "normal"


def test_the_command(own, capsys):
    own.earn(1_000, at=clock.now() - 800 * DAY)
    tiers.consider(own.member, at=clock.now() - 800 * DAY)
    own.earn(5_000, at=clock.now() - DAY)
    call_command("evaluate_tiers", "--json", "--dry-run", "--recompute")
    dry = json.loads(capsys.readouterr().out)
    assert (dry["promoted"], dry["dry_run"], row().tier) == (2, True, "silver")  # by its review, and by its points
    call_command("evaluate_tiers", "--json", "--recompute")
    assert json.loads(capsys.readouterr().out) == {
        "members": 2, "promoted": 1, "kept": 0, "warned": 0, "demoted": 0, "dry_run": False, "left": 0,
    }  # fmt: skip
    call_command("evaluate_tiers")
    assert "Looked at 0 members" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("evaluate_tiers", "--chunk", "0")


def test_partners_hear_of_another_tier_and_of_nothing_else(own):
    own.earn(1_000, at=at_shop(2025, 11, 22))
    tiers.consider(own.member, at=at_shop(2025, 11, 22))
    evaluate(at_shop(2026, 11, 22))  # a grace is no other tier
    evaluate(at_shop(2026, 12, 23))
    sent = OutboxMessage.objects.filter(topic="member.tier_changed").order_by("pk")
    assert [(message.payload["before"], message.payload["after"]) for message in sent] == [
        ("normal", "silver"), ("silver", "normal"),
    ]  # fmt: skip


def test_one_that_cannot_be_judged_keeps_nobody_else_waiting(db, monkeypatch):
    members = [User.objects.create(username=f"m{n}", date_joined=AT).pk for n in range(5)]
    for member in members:
        ledger.earn(account=member, points=3000, kind="campaign", key="e", by="x", at=AT)
    step = rules.step
    with monkeypatch.context() as patch:
        patch.setattr(
            rules, "step", lambda state, points, **more: step(state, points, **more) if points < 4000 else 1 / 0
        )
        ledger.earn(account=members[2], points=2000, kind="campaign", key="more", by="x", at=AT)
        assert sum(done.members for done in tiers.recompute(at=AT)) == 4
    assert MemberTier.objects.exclude(tier="normal").count() == 4
    assert sum(done.turns.total() for done in tiers.recompute(at=AT)) == 1
