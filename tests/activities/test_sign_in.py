"""Signing in: once a day of the shop, rising with the streak, paid once (D1)."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from activities.models import SignIn
from activities.services.sign_in import AlreadySigned, sign_in
from core import actors
from points.ledger import queries as points_queries
from points.ledger.models import PointsEntry

from .conftest import shop


def test_it_is_written_and_paid(member, signs_in):
    signed = signs_in("2026-11-21 09:12")
    assert (signed.local_date, signed.day, signed.points) == (date(2026, 11, 21), 1, 5)
    entry = PointsEntry.objects.get(account_id=member.pk, kind="sign_in")
    assert (entry.points, entry.key, entry.by) == (5, f"sign_in:{member.pk}:2026-11-21", actors.member(member.pk))
    assert points_queries.balance(member.pk, at=shop("2026-11-21 09:13")).available == 5


def test_a_second_time_on_the_same_day_is_refused_and_pays_nothing(member, signs_in):
    signs_in("2026-11-21 00:00")
    with pytest.raises(AlreadySigned):
        signs_in("2026-11-21 23:59:59")
    assert SignIn.objects.count() == 1
    assert points_queries.balance(member.pk, at=shop("2026-11-22 00:00")).available == 5


def test_a_week_in_a_row_pays_the_whole_table_and_starts_again(member, signs_in):
    days = [signs_in(f"2026-11-{day:02} 08:00") for day in range(1, 10)]
    assert [signed.day for signed in days] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [signed.points for signed in days] == [5, 8, 12, 14, 16, 18, 70, 5, 8]
    assert points_queries.balance(member.pk, at=shop("2026-11-10 00:00")).available == 156


def test_the_entry_says_how_its_points_came_about(member, signs_in):
    for day in range(1, 8):
        signs_in(f"2026-11-{day:02} 08:00")
    entries = PointsEntry.objects.filter(account_id=member.pk, kind="sign_in").order_by("seq")
    for entry in entries:
        assert sum(points for _text, points, _values in entry.breakdown["steps"]) == entry.points
    assert entries[6].breakdown["steps"] == [
        ["Day %(day)s in a row", 20, {"day": 7}],
        ["Extra for %(days)s days in a row", 50, {"days": 7}],
    ]


def test_the_receipt_speaks_the_language_of_the_page(client, member, signs_in):
    """Whatever language the member signed in by."""
    with translation.override("en"):
        signs_in("2026-11-20 08:00")
    with translation.override("zh-hans"):
        signs_in("2026-11-21 08:00")
    client.force_login(member)
    page = client.get(reverse("points:history")).content.decode()
    assert "连续签到第1天" in page
    assert "连续签到第2天" in page
    client.cookies["django_language"] = "en"
    page = client.get(reverse("points:history")).content.decode()
    assert "Day 1 in a row" in page
    assert "Day 2 in a row" in page


def test_a_missed_day_starts_again_at_one(signs_in):
    assert [signs_in(f"2026-11-{day} 08:00").day for day in (10, 11, 13, 14)] == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-10-31 23:59:59", "2026-11-01 00:00"),
        ("2026-12-31 12:00", "2027-01-01 12:00"),
        ("2028-02-28 12:00", "2028-02-29 12:00"),
        ("2028-02-29 12:00", "2028-03-01 12:00"),
        ("2027-02-28 12:00", "2027-03-01 12:00"),
    ],
)
def test_a_streak_goes_on_across_midnight_months_years_and_leap_days(signs_in, first, second):
    signs_in(first)
    assert signs_in(second).day == 2


def test_the_leap_day_cannot_be_skipped(signs_in):
    signs_in("2028-02-28 12:00")
    assert signs_in("2028-03-01 12:00").day == 1


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        (datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 16, 0, 0, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC), date(2026, 11, 21)),
    ],
)
def test_the_day_is_the_shops_not_utcs(member, utc, local):
    assert sign_in(member=member, by="system:test", at=utc).local_date == local


def test_two_shop_days_within_one_utc_day_both_count(member):
    before = sign_in(member=member, by="system:test", at=datetime(2026, 11, 20, 15, 59, tzinfo=UTC))
    after = sign_in(member=member, by="system:test", at=datetime(2026, 11, 20, 16, 1, tzinfo=UTC))
    assert (before.day, after.day) == (1, 2)


def test_the_database_allows_one_a_day(member, signs_in):
    signs_in("2026-11-21 09:00")
    with pytest.raises(IntegrityError), transaction.atomic():
        SignIn.objects.create(
            member=member, local_date=date(2026, 11, 21), day=1, points=5, at=shop("2026-11-21 10:00")
        )


def test_nothing_is_written_when_the_points_cannot_be_paid(member, signs_in, monkeypatch):
    def refuse(**_arguments):
        raise RuntimeError("ledger down")

    monkeypatch.setattr("points.ledger.earn", refuse)
    with pytest.raises(RuntimeError):
        signs_in("2026-11-21 09:00")
    assert not SignIn.objects.exists()
