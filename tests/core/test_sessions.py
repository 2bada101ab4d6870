"""Sessions are PostgreSQL's alone."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore as DjangoStore
from django.contrib.sessions.models import Session

from core import clock
from core.sessions import SessionStore
from pointsmall.tasks import clear_sessions

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    session = SessionStore()
    session["name"] = "林"
    session.create()
    return session


def test_a_session_comes_back(session):
    assert SessionStore(session.session_key)["name"] == "林"


def test_reading_is_one_query(session, django_assert_num_queries):
    with django_assert_num_queries(1):
        SessionStore(session.session_key).items()


def test_without_the_cache_server_nothing_changes(session, cache_server):
    cache_server.is_there = False
    assert SessionStore(session.session_key)["name"] == "林"


def test_a_deleted_session_is_gone_whatever_a_cache_remembers(session):
    key = session.session_key
    SessionStore(key).items()
    Session.objects.all().delete()  # as whoever ends the sessions of others may do
    assert SessionStore(key).is_empty() or dict(SessionStore(key).items()) == {}
    assert not SessionStore(key).exists(key)


def test_a_session_that_ended_is_none(session):
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    store = SessionStore(session.session_key)
    assert dict(store.items()) == {}
    assert store.session_key is None


def test_sessions_of_djangos_own_store_stay_valid():
    store = DjangoStore()
    store["name"] = "林"
    store.create()
    assert SessionStore(store.session_key)["name"] == "林"


@pytest.mark.parametrize("key", ["a\0" * 16, "\ud800" * 32, "ü" * 32, "a" * 7, "' OR 1=1 --", "x" * 32])
def test_whatever_a_cookie_holds_is_no_error(key):
    assert dict(SessionStore(key).items()) == {}


def test_sessions_that_ended_are_forgotten_with_where_they_were(session, client, django_user_model, monkeypatch):
    monkeypatch.setattr("core.pruning.BATCH", 1)
    member = django_user_model.objects.create(username="lin", date_joined=clock.now())
    for key in (session.session_key, "gone1", "gone2"):
        UserSession.objects.create(user=member, ip="127.0.0.1", session_key=key)
    for _ in range(2):
        SessionStore().create()
    Session.objects.exclude(pk=session.session_key).update(expire_date=clock.now() - timedelta(days=1))
    clear_sessions()
    assert Session.objects.get().pk == session.session_key
    assert UserSession.objects.get().session_key == session.session_key
