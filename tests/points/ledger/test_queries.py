from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from points.ledger import queries
from tests.points.conftest import AT

DAY = timedelta(days=1)
SHOP = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("nobody", [None, 987_654])
def test_a_stranger_has_zeros(db, nobody):
    assert queries.balance(nobody, at=AT) == queries.Balance()


def test_balance_tells_what_ends_first(own, parameters, django_assert_num_queries):
    parameters["points.per_yuan"] = 100
    own.earn(7, expires_at=AT - DAY, at=AT - 9 * DAY)  # ended, not swept
    own.earn(30, expires_at=AT + 9 * DAY)
    own.earn(20, expires_at=AT + 9 * DAY)
    own.earn(50, expires_at=None)
    own.earn(40, active_from=AT + DAY, expires_at=AT + 90 * DAY)
    own.hold(5)
    with django_assert_num_queries(1):
        balance = queries.balance(own.member, at=AT)
    assert balance == queries.Balance(
        available=95,
        pending=40,
        held=5,
        total=140,
        expiring_points=45,
        expires_at=AT + 9 * DAY,
        worth_fen=95,
        pending_from=AT + DAY,
        holds=1,
        debt=0,
    )


@pytest.fixture
def year(own):
    own.earn(100, at=datetime(2026, 10, 31, 23, 59, tzinfo=SHOP))
    own.earn(50, at=datetime(2026, 11, 1, 0, 0, tzinfo=SHOP))
    own.spend(30, key="s", at=datetime(2026, 11, 5, tzinfo=SHOP))
    own.refund("s", 10, at=datetime(2026, 11, 30, 23, 59, tzinfo=SHOP))
    own.spend(3, kind="expire", at=datetime(2026, 12, 1, tzinfo=SHOP))
    return own.member


@pytest.mark.parametrize(
    ("kind", "points"),
    [(None, [-3, 10, -30, 50, 100]), ("earned", [50, 100]), ("used", [-30]), ("returned", [10]), ("expired", [-3])],
)
def test_history_by_kind_newest_first(year, kind, points):
    assert [entry.points for entry in queries.history(year, kind=kind).entries] == points


@pytest.mark.parametrize(
    ("month", "points"),
    [
        (date(2026, 10, 1), [100]),
        (date(2026, 11, 17), [10, -30, 50]),
        (date(2026, 12, 1), [-3]),
        (date(2027, 1, 1), []),
    ],
)
def test_history_by_month_of_the_shop(year, month, points):
    assert [entry.points for entry in queries.history(year, month=month).entries] == points


def test_pages_follow_each_other_without_gap_or_repeat(year):
    seen, before = [], None
    while True:
        page = queries.history(year, before=before, limit=2)
        seen += [entry.seq for entry in page.entries]
        if (before := page.before) is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_totals_of_a_month(year):
    assert queries.month_totals(year, date(2026, 11, 9)) == queries.MonthTotals(50, 30, 10, 0)
    assert queries.month_totals(year, date(2026, 12, 9)) == queries.MonthTotals(0, 0, 0, 3)
    assert queries.month_totals(year, date(2027, 12, 9)) == queries.MonthTotals(0, 0, 0, 0)


def test_expiry_by_month_counts_every_open_point_once(own):
    own.earn(5, expires_at=datetime(2026, 11, 30, 23, 59, tzinfo=SHOP))
    own.earn(7, expires_at=datetime(2027, 10, 31, 23, 59, tzinfo=SHOP))
    own.earn(2, expires_at=datetime(2027, 11, 1, 0, 0, tzinfo=SHOP))  # usable in October to its end
    own.earn(11, expires_at=datetime(2027, 11, 1, 0, 1, tzinfo=SHOP))
    own.earn(13, expires_at=None)
    expiry = queries.expiry_by_month(own.member, at=AT)
    assert (expiry.months[0], expiry.months[-1]) == ((date(2026, 11, 1), 5), (date(2027, 10, 1), 9))
    assert (len(expiry.months), expiry.later, expiry.never) == (12, 11, 13)


def test_expiry_begins_next_month_when_nothing_ends_in_this(own):
    own.earn(5, expires_at=datetime(2027, 11, 30, 23, 59, tzinfo=SHOP))
    expiry = queries.expiry_by_month(own.member, at=AT)
    assert (expiry.months[0], expiry.months[-1]) == ((date(2026, 12, 1), 0), (date(2027, 11, 1), 5))


def test_lots_to_be_used_are_those_that_a_spend_takes(own):
    own.earn(10, expires_at=None)
    own.earn(4, expires_at=AT + 5 * DAY)
    own.earn(4, expires_at=AT + 5 * DAY)
    own.earn(9, active_from=AT + DAY, expires_at=AT + 2 * DAY)
    assert queries.lots_to_be_used(own.member, 11, at=AT) == [(AT + 5 * DAY, 8), (None, 3)]
    assert queries.lots_to_be_used(own.member, 99, at=AT) == [(AT + 5 * DAY, 8), (None, 10)]
    assert queries.lots_to_be_used(own.member, 0, at=AT) == []
