"""Members hear of an end 30, 7 and 1 days before, once each (B10)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import translation

from accounts import sent
from accounts.models import Notice, User
from core import clock
from points import ledger
from points.ledger import queries, tasks
from points.ledger.models import ExpiryWarning
from points.ledger.services import expiry, warning
from tests.points.conftest import AT
from tests.rights import tampering

DAY = timedelta(days=1)
LAST = datetime(2026, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC)  # the last moment of the year in the shop


@pytest.fixture
def phone(own):
    User.objects.filter(pk=own.member).update(phone="+8613800000001", phone_verified=True)
    return own


@pytest.fixture
def tell(django_capture_on_commit_callbacks):
    """Run the warnings of a moment; returns how many members were told."""

    def run(at, **more):
        with django_capture_on_commit_callbacks(execute=True):
            return sum(warning.warn(at=at, **more))

    return run


def days_before(days):
    return LAST - days * DAY - timedelta(hours=10)


def test_a_member_is_told_three_times(phone, tell):
    phone.earn(320, expires_at=LAST)
    told = [days for days in range(40, -1, -1) if tell(days_before(days))]
    assert told == [30, 7, 1]
    assert list(ExpiryWarning.objects.order_by("-days").values_list("days", "points")) == [
        (30, 320),
        (7, 320),
        (1, 320),
    ]
    messages = sent.latest()
    assert [message.kind for message in messages] == ["sms"] * 3
    assert "320" in messages[0].text
    assert "12月31日" in messages[0].text
    assert messages[0].to == "+8613800000001"


def test_the_day_that_was_missed_is_made_good(phone, tell):
    phone.earn(5, expires_at=LAST)
    assert [days for days in (28, 27, 5, 4, 0) if tell(days_before(days))] == [28, 5, 0]
    assert list(ExpiryWarning.objects.order_by("-days").values_list("days", flat=True)) == [30, 7, 1]


@pytest.mark.parametrize(("days", "due"), [(31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 1)])
def test_thresholds(phone, tell, days, due):
    phone.earn(5, expires_at=LAST)
    tell(days_before(days))
    assert list(ExpiryWarning.objects.values_list("days", flat=True)) == ([due] if due else [])


def test_midnight_and_the_moment_before_are_one_last_day(phone, tell):
    phone.earn(5, expires_at=LAST)
    phone.earn(7, expires_at=LAST + timedelta(microseconds=1))
    assert tell(days_before(30)) == 1
    assert ExpiryWarning.objects.get().points == 12
    assert sent.latest()[0].text.count("12月31日") == 1


def test_one_message_a_day_names_everything_that_is_due(phone, tell):
    phone.earn(40, expires_at=LAST)
    phone.earn(50, expires_at=LAST - 3 * DAY)
    assert tell(days_before(30)) == 1
    (message,) = sent.latest()
    assert message.text.index("12月28日") < message.text.index("12月31日")
    assert tell(days_before(30)) == 0


def test_only_what_is_left_counts(phone, tell):
    phone.earn(40, expires_at=LAST)
    phone.spend(40)
    phone.earn(9, expires_at=None)
    assert tell(days_before(30)) == 0
    assert not ExpiryWarning.objects.exists()


def test_what_ended_already_is_no_news(phone, tell):
    phone.earn(40, expires_at=LAST)
    assert tell(LAST) == 0


def test_a_longer_life_is_warned_of_again(phone, tell):
    phone.earn(40, expires_at=LAST)
    assert tell(days_before(30)) == 1
    with tampering() as cursor:
        cursor.execute("UPDATE points_lot SET expires_at = %s", [LAST + 31 * DAY])
    assert tell(days_before(7)) == 0
    assert tell(days_before(-1)) == 1


def test_who_has_no_verified_phone_gets_an_email(own, tell):
    User.objects.filter(pk=own.member).update(email="li@example.com", phone="+8613800000002", phone_verified=False)
    own.earn(40, expires_at=LAST)
    assert tell(days_before(30)) == 1
    (message,) = sent.latest()
    assert (message.kind, message.to) == ("email", "li@example.com")
    assert message.subject


def test_who_was_kept_out_is_passed_over(phone, tell):
    User.objects.filter(pk=phone.member).update(is_active=False)
    phone.earn(40, expires_at=LAST)
    assert tell(days_before(30)) == 0
    assert sent.latest() == []
    assert not Notice.objects.exists()


def test_who_has_neither_phone_nor_email_reads_it_in_the_mall(phone, tell):
    User.objects.filter(pk=phone.member).update(phone=None)
    phone.earn(40, expires_at=LAST)
    assert tell(days_before(30)) == 1
    assert sent.latest() == []
    notice = Notice.objects.get()
    assert (notice.member_id, notice.topic, notice.url) == (phone.member, "points", "/points/")
    with translation.override("zh-hans"):
        assert "12月31日" in notice.shown_text
    with translation.override("en"):
        assert "31 Dec" in notice.shown_text


def test_nothing_leaves_before_commit(phone, django_capture_on_commit_callbacks):
    phone.earn(40, expires_at=LAST)
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError), transaction.atomic():
        assert sum(warning.warn(at=days_before(30))) == 1
        assert sent.latest() == []
        raise RuntimeError
    assert sent.latest() == []
    assert not ExpiryWarning.objects.exists()


def test_many_members_in_small_transactions(db, tell):
    for n in range(5):
        member = User.objects.create(username=f"m{n}", email=f"m{n}@example.com", date_joined=AT).pk
        ledger.earn(account=member, points=n + 1, kind="campaign", key="e", by="x", at=AT, expires_at=LAST)
    assert tell(days_before(30), members=2) == 5
    assert len(sent.latest()) == 5


def test_one_that_cannot_be_told_keeps_nobody_else_waiting(db, tell, monkeypatch):
    members = [User.objects.create(username=f"m{n}", email=f"m{n}@example.com", date_joined=AT).pk for n in range(5)]
    for member in members:
        ledger.earn(account=member, points=1, kind="campaign", key="e", by="x", at=AT, expires_at=LAST)
    with monkeypatch.context() as patch:
        real = warning._tell
        patch.setattr(warning, "_tell", lambda member, *rest: real(member, *rest) if member.pk != members[2] else 1 / 0)
        assert tell(days_before(30)) == 4
    assert tell(days_before(30)) == 1


def test_the_tasks_do_both(phone, django_capture_on_commit_callbacks):
    now = clock.now()
    phone.earn(40, at=now - DAY, expires_at=now - timedelta(hours=1))
    phone.earn(50, at=now - DAY, expires_at=now + timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.expire.delay()
        tasks.warn.delay()
        tasks.expire.delay()
        tasks.warn.delay()
    assert queries.ended(at=now).lots == 0
    assert queries.balance(phone.member, at=now).available == 50
    assert len(sent.latest()) == 1


def test_a_warning_does_not_stop_the_end(phone, tell):
    phone.earn(40, expires_at=LAST)
    tell(days_before(1))
    assert [done.points for done in expiry.expire_points(by="x", at=LAST)] == [40]
