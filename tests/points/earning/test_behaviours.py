"""Points for what members do: by the rules, within caps, odd ones set aside."""

from datetime import timedelta

import pytest

from points.earning import receivers
from points.earning.models import EarningReview, EarningTally, EarningTrace
from points.earning.queries import earning as earning_queries
from points.earning.services import earning, review, velocity
from points.earning.services.earning import Facts
from points.ledger import KeyReused, audit, queries
from points.ledger.models import PointsEntry
from tests.points.earning.conftest import AT, DAY, buy, entries, new_member

ONE_DEVICE = Facts(device="d" * 64)


def act(member, behaviour="share", key="k", at=AT, **rest):
    return earning.behaviour(member=member, behaviour=behaviour, key=key, by="system:test", at=at, **rest)


def test_the_rules_say_how_many(member):
    booked = act(member, "sign_up", "welcome")
    assert booked.points == 200
    (entry,) = entries(member)
    assert (entry.kind, entry.points, entry.rule_version) == ("sign_up", 200, "v1")
    assert entry.breakdown["steps"] == booked.steps


def test_the_activity_gives_the_base(member):
    booked = act(member, "sign_in", base=12, base_steps=[["Day %(day)s in a row", 12, {"day": 3}]])
    assert booked.points == 12
    assert booked.steps[0] == ["Day %(day)s in a row", 12, {"day": 3}]
    assert len(entries(member)) == 1


def test_what_no_rule_speaks_of_gives_nothing(member):
    assert act(member, "lottery").points == 0
    assert entries(member) == []


def test_the_same_key_is_counted_once(member):
    first, again = act(member), act(member)
    assert (first.repeated, again.repeated, again.points) == (False, True, first.points)
    assert EarningTally.objects.get(member=member, behaviour="share").times == 1


def test_a_key_stands_for_one_thing(member):
    act(member)
    with pytest.raises(KeyReused):
        act(member, "sign_up")


def test_sharing_counts_three_times_a_day(member):
    assert [act(member, key=f"s{n}").points for n in range(4)] == [50, 50, 50, 0]
    assert act(member, key="s3", at=AT + DAY).points == 50


def test_purchases_and_behaviours_share_the_total(member, caps):
    caps(total=120)
    assert act(member, key="a").points == 50
    assert buy(member, 60).points == 60
    assert act(member, key="b").points == 10
    assert act(member, key="c").points == 0
    assert sum(entry.points for entry in entries(member)) == 120


def test_retries_do_not_count_when_the_limit_is_reached(member, caps):
    caps(share=(None, 1))
    assert act(member, key="a").points == 50
    assert act(member, key="a").repeated
    assert act(member, key="b").points == 0
    assert EarningTally.objects.get(member=member, behaviour="share").times == 1


# Odd ones


def test_the_first_few_with_one_device_are_as_good_as_any(db, parameters):
    parameters["points.members_per_device"] = 3
    members = [new_member() for _ in range(5)]
    booked = [act(member, facts=ONE_DEVICE) for member in members]
    assert [one.under_review for one in booked] == [False, False, False, True, True]
    assert [act(member, key="again", facts=ONE_DEVICE).under_review for member in members[:4]] == [False] * 3 + [True]
    assert not act(members[3], key="tomorrow", at=AT + DAY, facts=ONE_DEVICE).under_review
    assert not act(members[4], key="elsewhere", facts=Facts(device="e" * 64)).under_review


@pytest.mark.parametrize(
    ("kind", "parameter"),
    [("device", "members_per_device"), ("address", "members_per_address"), ("phone", "members_per_phone_prefix")],
)
def test_each_thing_in_common_counts_and_zero_does_not_look(db, parameters, kind, parameter):
    parameters[f"points.{parameter}"] = 1
    facts = Facts(**{kind: "x" * 64})
    act(new_member(), facts=facts)
    odd = new_member()
    assert act(odd, facts=facts).under_review
    assert EarningReview.objects.get(member=odd).grounds == [[kind, 1]]
    parameters[f"points.{parameter}"] = 0
    assert not act(new_member(), facts=facts).under_review


@pytest.fixture
def waiting(db, parameters):
    """An earning under review."""
    parameters["points.members_per_device"] = 1
    act(new_member(), facts=ONE_DEVICE)
    member = new_member()
    assert act(member, facts=ONE_DEVICE).under_review
    return EarningReview.objects.get(member=member)


def test_what_waits_is_seen_counted_and_not_booked(waiting):
    assert entries(waiting.member_id) == []
    assert earning_queries.set_aside(waiting.member_id, at=AT) == [waiting]
    assert earning_queries.reviews_waiting() == 1
    again = act(waiting.member_id, facts=ONE_DEVICE)
    assert (again.under_review, again.repeated) == (True, True)
    assert EarningTally.objects.get(member=waiting.member_id, behaviour="share").times == 1


def test_an_approved_one_is_booked_as_of_when_it_happened(waiting):
    for _ in range(2):
        review.approve(review=waiting, by="staff:1", at=AT + 3 * DAY)
    (entry,) = entries(waiting.member_id)
    assert (entry.points, entry.at, entry.rule_version) == (50, AT, "v1")
    assert entry.breakdown["steps"] == waiting.steps
    assert act(waiting.member_id, facts=ONE_DEVICE).repeated
    with pytest.raises(review.ReviewDecided):
        review.refuse(review=waiting, why="device", by="staff:1", at=AT)
    assert audit.run().breaks == []


def test_traces_are_forgotten(db):
    act(new_member(), facts=ONE_DEVICE)
    assert velocity.prune(at=AT + timedelta(days=velocity.KEPT_DAYS)) == 0
    assert velocity.prune(at=AT + timedelta(days=velocity.KEPT_DAYS + 1)) == 1
    assert not EarningTrace.objects.exists()


def test_nothing_is_kept_in_the_clear(db):
    member = new_member(phone="+8613800138000")
    receivers.give_welcome_points(member_id=member, seen={"device": "", "address": "a" * 64})
    values = list(EarningTrace.objects.values_list("value", flat=True))
    assert len(values) == 2
    assert not any("1380013" in value for value in values)
    assert PointsEntry.objects.get(account_id=member).points == 200


def test_phones_in_a_row_are_alike():
    alike = {velocity.phone_hash(f"+8613800138{n:03d}") for n in range(1000)}
    assert len(alike) == 1
    assert velocity.phone_hash("+8613800139000") not in alike
    assert velocity.phone_hash(None) == ""


def test_a_stranger_reads_what_a_sign_up_gives(db):
    assert earning_queries.sign_up_points(at=AT) == 200


def test_a_past_approval_still_raises_the_tier(member, parameters):
    parameters["points.members_per_device"] = 1
    buy(member, 990)
    act(new_member(), facts=ONE_DEVICE)
    act(member, facts=ONE_DEVICE)
    review.approve(review=EarningReview.objects.get(member=member), by="staff:1", at=AT + DAY)
    from points.tiers.queries import tier_of

    assert tier_of(member).code == "silver"
    assert queries.balance(member, at=AT + DAY).total == 1040
