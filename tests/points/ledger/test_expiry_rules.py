"""When points end: the arithmetic of every policy, and which policy it is that counts (B9)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from core.errors import InvalidInput
from core.models import AuditEvent
from points import ledger
from points.ledger import rules
from points.ledger.models import ExpiryPolicy, PointsLot
from points.ledger.services import expiry
from tests.points.conftest import AT

SHOP = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
BY = "staff:1"


@pytest.fixture(autouse=True)
def known():
    """What one test announced and rolled back must not be known to the next."""
    rules.POLICIES.forget()
    yield
    rules.POLICIES.forget()


def shop(*moment):
    return datetime(*moment, tzinfo=SHOP)


def end_of(day):
    return shop(day.year, day.month, day.day, 23, 59, 59, 999_999)


def policy(kind, months=0, unit=""):
    return ExpiryPolicy(kind=kind, months=months, unit=unit)


ENDS = [
    # today's rule: the end of the month, N months later
    ("period_end", 12, "month", shop(2026, 11, 20, 12), date(2027, 11, 30)),
    ("period_end", 1, "month", shop(2026, 1, 31), date(2026, 2, 28)),
    ("period_end", 1, "month", shop(2028, 1, 31), date(2028, 2, 29)),
    ("period_end", 1, "month", shop(2026, 12, 31), date(2027, 1, 31)),
    ("period_end", 1, "month", shop(2026, 11, 30, 23, 59, 59), date(2026, 12, 31)),
    ("period_end", 1, "month", datetime(2026, 11, 30, 16, tzinfo=UTC), date(2027, 1, 31)),  # December in the shop
    ("period_end", 25, "month", shop(2026, 11, 20), date(2028, 12, 31)),
    ("period_end", 0, "month", shop(2026, 11, 1), date(2026, 11, 30)),
    # quarters and years
    ("period_end", 0, "quarter", shop(2026, 1, 1), date(2026, 3, 31)),
    ("period_end", 0, "quarter", shop(2026, 3, 31, 23, 59), date(2026, 3, 31)),
    ("period_end", 3, "quarter", shop(2026, 3, 31, 23, 59), date(2026, 6, 30)),
    ("period_end", 3, "quarter", shop(2026, 11, 30), date(2027, 3, 31)),
    ("period_end", 0, "year", shop(2026, 12, 31, 23, 59, 59), date(2026, 12, 31)),
    ("period_end", 12, "year", shop(2026, 1, 1), date(2027, 12, 31)),
    ("period_end", 24, "year", shop(2026, 12, 31), date(2028, 12, 31)),
    # a year ends at the shop's midnight, not at Greenwich's
    ("period_end", 0, "year", datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
    ("period_end", 0, "year", datetime(2026, 12, 31, 16, tzinfo=UTC), date(2027, 12, 31)),
    # the very last microsecond: points that end when they begin would be none
    ("period_end", 0, "year", shop(2026, 12, 31, 23, 59, 59, 999_999), date(2027, 12, 31)),
    ("period_end", 0, "year", shop(2026, 12, 31, 23, 59, 59, 999_998), date(2026, 12, 31)),
    # each earning by itself
    ("per_lot", 1, "day", shop(2026, 1, 31), date(2026, 2, 28)),
    ("per_lot", 1, "day", shop(2028, 1, 31), date(2028, 2, 29)),
    ("per_lot", 1, "day", shop(2026, 3, 31), date(2026, 4, 30)),
    ("per_lot", 1, "day", shop(2026, 2, 28), date(2026, 3, 28)),
    ("per_lot", 12, "day", shop(2028, 2, 29), date(2029, 2, 28)),
    ("per_lot", 48, "day", shop(2028, 2, 29), date(2032, 2, 29)),
    ("per_lot", 1, "day", shop(2026, 12, 31, 12), date(2027, 1, 31)),
    ("per_lot", 12, "day", shop(2026, 11, 20, 23, 59, 59), date(2027, 11, 20)),
    ("per_lot", 12, "day", datetime(2026, 11, 20, 16, tzinfo=UTC), date(2027, 11, 21)),  # the 21st in the shop
    ("per_lot", 120, "day", shop(2026, 11, 20), date(2036, 11, 20)),
    # activity: the end of the month, so that a lot is renewed once a month at most
    ("activity", 6, "month", shop(2026, 8, 31), date(2027, 2, 28)),
    ("activity", 6, "month", shop(2027, 8, 31), date(2028, 2, 29)),
    ("activity", 1, "month", shop(2026, 12, 1), date(2027, 1, 31)),
]


@pytest.mark.parametrize(("kind", "months", "unit", "earned", "last_day"), ENDS)
def test_points_end_with_the_last_moment_of_a_day_of_the_shop(kind, months, unit, earned, last_day):
    ends = rules.expiry_by(policy(kind, months, unit), earned)
    assert ends == end_of(last_day)
    assert ends > earned


def test_points_that_never_end_have_no_end():
    assert rules.expiry_by(policy("never"), AT) is None


def test_a_shop_elsewhere_has_its_own_midnight(settings):
    settings.TIME_ZONE = "America/New_York"  # with summer time: 1 March is winter, 1 April is not
    ends = rules.expiry_by(policy("per_lot", 1, "day"), datetime(2026, 3, 1, 5, tzinfo=UTC))
    assert ends.astimezone(UTC) == datetime(2026, 4, 2, 3, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(("months", "ends"), [(12, end_of(date(2027, 11, 30))), (0, None)])
def test_until_a_rule_is_announced_the_settings_rule(db, settings, months, ends):
    settings.POINTS_EXPIRY_MONTHS = months
    assert rules.default_expiry(AT) == ends
    assert rules.renewal(AT) is None


def announce(starts_on, kind="per_lot", months=6, unit="day", at=AT, **more):
    return expiry.announce(kind=kind, months=months, unit=unit, starts_on=starts_on, by=BY, at=at, **more)


def test_the_rule_of_the_day_of_the_earning_counts(db, settings):
    settings.POINTS_EXPIRY_MONTHS = 12
    announce(date(2027, 1, 1), "never", 0, "")
    announce(date(2027, 3, 1), "per_lot", 6, "day")
    assert rules.default_expiry(shop(2026, 12, 31, 23, 59, 59)) == end_of(date(2027, 12, 31))
    assert rules.default_expiry(shop(2027, 1, 1)) is None
    assert rules.default_expiry(shop(2027, 2, 28, 23, 59, 59)) is None
    assert rules.default_expiry(shop(2027, 3, 1)) == end_of(date(2027, 9, 1))
    # earned before, usable after: the old rule, counted from when they can be used
    assert rules.default_expiry(shop(2027, 3, 5), earned_at=shop(2026, 12, 30)) == end_of(date(2028, 3, 31))
    assert [one.starts_on for one in rules.announced_after(AT)] == [date(2027, 1, 1), date(2027, 3, 1)]
    assert [one.starts_on for one in rules.announced_after(shop(2027, 1, 1))] == [date(2027, 3, 1)]


def test_switching_expiry_on_leaves_old_points_their_life(own, settings):
    settings.POINTS_EXPIRY_MONTHS = 0
    own.earn(40)
    announce(date(2027, 1, 1), "per_lot", 1, "day")
    rules.POLICIES.forget()  # as when the announcement commits
    own.earn(60, at=shop(2027, 1, 1))
    assert list(PointsLot.objects.order_by("seq").values_list("expires_at", flat=True)) == [
        None,
        end_of(date(2027, 2, 1)),
    ]
    assert sum(done.points for done in expiry.expire_points(by=BY, at=shop(2030, 1, 1))) == 60


def test_earning_in_bulk_asks_for_the_rule_once(own, django_assert_num_queries):
    with django_assert_num_queries(6):  # of the rule, and five earnings
        for _ in range(5):
            own.earn(1)


# Announcing


def test_a_rule_is_announced_and_remembered(db):
    policy = announce(date(2027, 1, 1))
    assert (policy.announced_at, policy.by) == (AT, BY)
    event = AuditEvent.objects.get()
    assert (event.event, event.by, event.subject) == ("expiry.announced", BY, "expiry:2027-01-01")
    assert event.data == {"kind": "per_lot", "months": 6, "unit": "day"}


@pytest.mark.parametrize(
    ("notice", "starts_on", "fine"),
    [
        (30, date(2026, 12, 19), False),
        (30, date(2026, 12, 20), True),
        (1, date(2026, 11, 20), False),
        (1, date(2026, 11, 21), True),
        (0, date(2026, 11, 20), False),  # never for what is earned already today
        (0, date(2026, 11, 21), True),
    ],
)
def test_members_are_told_ahead(db, notice, starts_on, fine):
    if fine:
        announce(starts_on, notice_days=notice)
        return
    with pytest.raises(expiry.TooSoon, match="2026"):
        announce(starts_on, notice_days=notice)
    assert not ExpiryPolicy.objects.exists()
    assert not AuditEvent.objects.exists()


def test_one_rule_a_day(db):
    announce(date(2027, 1, 1))
    with pytest.raises(expiry.AlreadyAnnounced):
        announce(date(2027, 1, 1), "never", 0, "")
    assert ExpiryPolicy.objects.get().kind == "per_lot"
    assert AuditEvent.objects.count() == 1


def test_another_broken_constraint_is_not_taken_for_a_second_rule(db, monkeypatch):
    def broken(*args, **options):
        raise IntegrityError("something else")

    monkeypatch.setattr(expiry, "_record", broken)
    with pytest.raises(IntegrityError):
        announce(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("kind", "months", "unit"),
    [
        ("sometimes", 1, "day"), (None, 1, "day"),
        ("per_lot", 0, "day"), ("per_lot", 121, "day"), ("per_lot", -1, "day"), ("per_lot", 1.0, "day"),
        ("per_lot", True, "day"), ("per_lot", 1, "month"), ("per_lot", 1, ""),
        ("period_end", 1, "day"), ("period_end", -1, "month"), ("period_end", 121, "year"), ("period_end", 1, "week"),
        ("activity", 0, "month"), ("activity", 1, "day"),
        ("never", 1, ""), ("never", 0, "month"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(db, kind, months, unit):
    with pytest.raises(InvalidInput):
        announce(date(2027, 1, 1), kind, months, unit)
    with pytest.raises((IntegrityError, ValueError)), transaction.atomic():  # and by the table
        if type(months) is not int:
            raise ValueError  # a whole number may be written otherwise; that is the service's business
        ExpiryPolicy.objects.create(
            kind=kind, months=months, unit=unit, starts_on=date(2027, 1, 1), announced_at=AT, by=BY
        )


@pytest.mark.parametrize("day", [None, "2027-01-01", datetime(2027, 1, 1, tzinfo=UTC)])
def test_a_rule_starts_on_a_day(db, day):
    with pytest.raises(InvalidInput):
        announce(day)


def test_an_announced_rule_can_be_taken_back_before_it_starts(db):
    announce(date(2027, 1, 1))
    expiry.cancel(starts_on=date(2027, 1, 1), by="staff:2", at=shop(2026, 12, 31, 23, 59, 59))
    assert rules.announced_after(AT) == []
    event = AuditEvent.objects.get(event="expiry.cancelled")
    assert (event.by, event.data["kind"]) == ("staff:2", "per_lot")
    with pytest.raises(expiry.NotAnnounced):
        expiry.cancel(starts_on=date(2027, 1, 1), by=BY, at=AT)


def test_a_rule_in_force_cannot_be_taken_back(db):
    announce(date(2027, 1, 1))
    with pytest.raises(expiry.AlreadyStarted):
        expiry.cancel(starts_on=date(2027, 1, 1), by=BY, at=shop(2027, 1, 1))
    assert ExpiryPolicy.objects.exists()


def test_an_end_that_is_given_wins_over_the_rule(own, settings):
    settings.POINTS_EXPIRY_MONTHS = 12
    own.earn(1, expires_at=None)
    own.earn(1, expires_at=AT + DAY)
    own.earn(1, expires_at=ledger.DEFAULT)
    ends = PointsLot.objects.order_by("seq").values_list("expires_at", flat=True)
    assert list(ends) == [None, AT + DAY, end_of(date(2027, 11, 30))]
