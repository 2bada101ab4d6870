"""Any earning keeps a member's points alive, where that is the rule (B9)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from points import ledger
from points.ledger import audit, queries, rules
from points.ledger.models import PointsEntry, PointsLot
from points.ledger.services import expiry
from tests.rights import tampering

SHOP = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
START = datetime(2027, 1, 1, 4, tzinfo=UTC)


def end_of(*day):
    return datetime(*day, 23, 59, 59, 999_999, tzinfo=SHOP)


@pytest.fixture
def active(own, settings):
    """A member in a shop where points live six months from the last earning, from 1 January 2027 on."""
    rules.POLICIES.forget()
    settings.POINTS_EXPIRY_MONTHS = 12
    expiry.announce(
        kind="activity", months=6, unit="month", starts_on=date(2027, 1, 1), by="staff:1", at=START - 60 * DAY
    )
    yield own
    rules.POLICIES.forget()


def ends(member):
    return list(PointsLot.objects.filter(account_id=member).order_by("seq").values_list("expires_at", flat=True))


def test_an_earning_renews_the_open_lots_and_says_so(active):
    first = active.earn(10, at=START).seq
    assert ends(active.member) == [end_of(2027, 7, 31)]
    second = active.earn(20, at=START + 40 * DAY)
    assert ends(active.member) == [end_of(2027, 8, 31)] * 2
    breakdown = PointsEntry.objects.get(account_id=active.member, seq=second.seq).breakdown
    assert breakdown["renewed"] == [first]
    assert datetime.fromisoformat(breakdown["until"]) == end_of(2027, 8, 31)
    assert audit.run().breaks == []


def test_the_rest_of_the_month_renews_nothing(active):
    active.earn(10, at=START)
    last = active.earn(10, at=START + 20 * DAY).seq
    assert PointsEntry.objects.get(account_id=active.member, seq=last).breakdown.keys() == {"until"}


def test_the_same_earning_again_renews_nothing(active):
    active.earn(10, at=START, key="a")
    active.earn(10, at=START + 40 * DAY, key="b")
    assert active.earn(10, at=START + 80 * DAY, key="a").repeated
    assert ends(active.member) == [end_of(2027, 8, 31)] * 2
    assert audit.run().breaks == []


def test_what_was_promised_longer_or_for_ever_stays(active):
    active.earn(1, at=START, expires_at=None)
    active.earn(2, at=START, expires_at=end_of(2030, 1, 1))
    active.earn(3, at=START - DAY)  # by the rule before: end of December 2027
    active.earn(4, at=START + 40 * DAY)
    assert ends(active.member) == [None, end_of(2030, 1, 1), end_of(2027, 12, 31), end_of(2027, 8, 31)]
    assert audit.run().breaks == []


def test_points_of_the_rule_before_are_renewed_too(active):
    active.earn(3, at=START - DAY)
    active.earn(4, at=START + 200 * DAY)
    assert ends(active.member) == [end_of(2028, 1, 31)] * 2
    assert audit.run().breaks == []


def test_what_came_back_by_grace_is_not_renewed(active):
    active.earn(5, at=START, expires_at=START + DAY)
    active.spend(5, at=START, key="s")
    active.refund("s", 5, at=START + DAY)
    active.earn(8, at=START + 2 * DAY)
    assert PointsLot.objects.get(account_id=active.member, origin__isnull=False).expires_at == START + 15 * DAY
    assert audit.run().breaks == []


@pytest.mark.parametrize("points", [10, 6])
def test_what_was_held_meanwhile_lives_as_long_as_the_others(active, points):
    active.earn(10, at=START)
    active.hold(points, at=START + 30 * DAY, key="h")
    active.earn(20, at=START + 40 * DAY)
    released = active.release("h", at=START + 41 * DAY)
    assert released.pieces == (ledger.Piece(points, end_of(2027, 8, 31), False),)
    assert ends(active.member) == [end_of(2027, 8, 31)] * 2
    assert audit.run().breaks == []


@pytest.mark.parametrize("verb", ["spend", "hold"])
def test_what_was_spent_meanwhile_lives_as_long_as_the_others(active, verb):
    active.earn(10, at=START)
    if verb == "hold":
        active.hold(10, at=START, key="h")
        active.capture("h", at=START, key="s")
    else:
        active.spend(10, at=START, key="s")
    for months in range(1, 8):  # never half a year without an earning
        active.earn(20, at=START + months * 30 * DAY)
    late = START + 220 * DAY  # after the end that it had
    for points in (4, 6):
        assert active.refund("s", points, at=late).lost == 0
    assert ends(active.member) == [end_of(2028, 1, 31)] * 8
    assert queries.balance(active.member, at=late).available == 150
    assert audit.run().breaks == []


def test_what_ended_while_it_was_away_is_not_kept_alive_by_a_later_earning(active):
    active.earn(5, at=START, expires_at=START + DAY)
    active.hold(5, at=START, key="h")
    active.earn(7, at=START + DAY)
    released = active.release("h", at=START + 2 * DAY)
    assert released.pieces == (ledger.Piece(5, START + 15 * DAY, True),)


def test_an_earning_by_its_own_date_keeps_alive_what_was_away(active):
    """As for points that are there: the date of the earning counts, not that of its booking."""
    active.earn(5, at=START, expires_at=START + DAY)
    active.spend(5, at=START, key="s")
    active.earn(7, at=START + DAY / 2)
    assert active.refund("s", 5, at=START + 3 * DAY).pieces == (ledger.Piece(5, end_of(2027, 7, 31), False),)


def test_an_end_that_nobody_gave_is_found_when_points_came_back(active):
    active.earn(10, at=START)
    active.hold(10, at=START, key="h")
    active.earn(20, at=START + 40 * DAY)
    with tampering() as cursor:
        cursor.execute("UPDATE points_lot SET expires_at = expires_at + interval '400 days' WHERE points = 10")
    active.release("h", at=START + 41 * DAY)
    assert "give back" in {found.kind for found in audit.run().breaks}


@pytest.mark.parametrize(("late", "renewed"), [(-timedelta(microseconds=1), True), (timedelta(0), False)])
def test_what_ended_is_not_renewed(active, late, renewed):
    active.earn(5, at=START, expires_at=START + DAY)
    active.earn(7, at=START + DAY + late)
    assert (ends(active.member)[0] > START + DAY) is renewed
    assert audit.run().breaks == []


def test_without_any_earning_all_of_it_ends(active):
    active.earn(10, at=START)
    active.earn(20, at=START + 40 * DAY)
    active.spend(5, at=START + 100 * DAY)
    over = end_of(2027, 8, 31) + DAY
    assert [done.points for done in expiry.expire_points(by="x", at=over)] == [25]
    assert queries.balance(active.member, at=over).total == 0
    assert audit.run().breaks == []


def test_a_lot_that_lives_longer_than_anything_says_is_found(active):
    active.earn(10, at=START)
    active.earn(20, at=START + 40 * DAY)
    with tampering() as cursor:
        cursor.execute("UPDATE points_lot SET expires_at = expires_at + interval '30 days' WHERE points = 10")
    assert [found.kind for found in audit.run().breaks] == ["lot of entry"]


def test_other_rules_renew_nothing(own):
    own.earn(10, at=START)
    own.earn(10, at=START + 40 * DAY)
    first, second = ends(own.member)
    assert first < second
