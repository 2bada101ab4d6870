"""The inbox (A6): told once, read in one's own language, only one's own."""

from datetime import timedelta

import pytest
from django.utils import translation

from accounts import queries, sent, services
from accounts.models import Notice, User
from accounts.services import notices
from core import actors, clock
from core.errors import InvalidInput

SHIPPED = {"topic": "orders", "title": "Points history", "text": "%(what)s, %(n)s, %(day)s", "key": "shipped:1"}
VALUES = {"what": {"zh": "金卡", "en": "Gold"}, "n": 1200, "day": {"day": "2019-03-01"}}


@pytest.fixture
def member(db):
    return services.create_member(phone="+8613800000001", by="test", at=clock.now())


def tell(member, **changes):
    return notices.notify(member_id=member.pk, at=clock.now(), **(SHIPPED | {"values": VALUES} | changes))


def test_it_is_told_once_in_the_language_of_the_reader(member):
    assert tell(member)
    assert not tell(member, text="another")
    notice = member.notices.get()
    with translation.override("zh-hans"):
        assert (notice.shown_title, notice.shown_text) == ("积分明细", "金卡, 1,200, 2019年3月1日")
    with translation.override("en"):
        assert (notice.shown_title, notice.shown_text) == ("Points history", "Gold, 1,200, 1 Mar 2019")


def test_an_sms_goes_once_and_an_email_where_there_is_no_phone(member, django_capture_on_commit_callbacks):
    other = services.create_member(email="lin@example.com", by="test", at=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        tell(member, sms=True)
        tell(member, sms=True)
        tell(other, sms=True)
    told = [(message.kind, message.to, message.text[:2]) for message in sent.latest()]
    assert sorted(told) == [("email", "lin@example.com", "金卡"), ("sms", "+8613800000001", "金卡")]


def test_members_who_were_kept_out_are_not_told(member):
    services.set_active(member=member, active=False, by="staff:1", at=clock.now())
    assert not tell(member)


def test_an_announcement_reaches_everybody_once(member, monkeypatch):
    monkeypatch.setattr(notices, "BATCH", 2)
    for n in range(4):
        services.create_member(username=f"m{n}", by="test", at=clock.now())
    rules = {"topic": "rules", "title": "a", "text": "b", "key": "v8", "at": clock.now()}
    assert notices.announce(**rules) == 5
    assert notices.announce(**rules) == 0
    assert notices.announce(**rules | {"key": "v9"}, members=[member.pk, 0]) == 1
    assert Notice.objects.count() == 6


def test_an_unknown_topic_is_refused(member):
    with pytest.raises(InvalidInput):
        tell(member, topic="weather")


def test_the_inbox_shows_ones_own_and_marks_it_read(member, client):
    stranger = services.create_member(username="other", by="test", at=clock.now())
    tell(member)
    tell(stranger, values=VALUES | {"what": "SECRET"})
    client.force_login(member)
    assert queries.unread_notices(member) == 1
    page = client.get("/accounts/notices/").content.decode()
    assert "金卡" in page
    assert "SECRET" not in page
    assert queries.unread_notices(member) == 0
    assert queries.unread_notices(stranger) == 1
    assert client.get("/accounts/").status_code == 200


def test_the_inbox_goes_on_where_it_ended(member, client, django_assert_num_queries):
    for n in range(35):
        tell(member, key=f"k{n}", values=VALUES | {"n": n})
    client.force_login(member)
    first = client.get("/accounts/notices/").content.decode()
    assert "?before=" in first
    older = client.get("/accounts/notices/", {"before": member.notices.order_by("pk")[5].pk}).content.decode()
    assert older.count("notices__text") == 5
    assert client.get("/accounts/notices/?before=x").status_code == 200


def test_a_birthday_is_set_once_by_the_member_and_corrected_by_staff(member):
    today = clock.shop_date(clock.now())
    act = {"member": member, "at": clock.now()}
    own = actors.member(member.pk)
    with pytest.raises(services.BirthdayNotValid):
        services.set_birthday(birthday=today + timedelta(days=1), by=own, **act)
    born = today.replace(year=1990, day=1)
    services.set_birthday(birthday=born, by=own, **act)
    services.set_birthday(birthday=born, by=own, **act)
    with pytest.raises(services.BirthdaySet):
        services.set_birthday(birthday=born.replace(year=1991), by=own, **act)
    services.set_birthday(birthday=born.replace(year=1991), by=actors.staff(1), **act)
    assert User.objects.get(pk=member.pk).birthday.year == 1991


def test_the_profile_form_takes_the_birthday_once(member, client):
    client.force_login(member)
    assert client.post("/accounts/edit/", {"nickname": "林", "birthday": "1990-02-29"}).status_code == 200
    assert client.post("/accounts/edit/", {"nickname": "林", "birthday": "1992-02-29"}).status_code == 302
    assert 'name="birthday"' not in client.get("/accounts/edit/").content.decode()
    client.post("/accounts/edit/", {"nickname": "林", "birthday": "1980-01-01"})
    assert User.objects.get(pk=member.pk).birthday.year == 1992
