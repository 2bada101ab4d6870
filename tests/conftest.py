"""Tests run on the same servers as the mall: PostgreSQL and Valkey, embedded where no URL is set."""

import os
from time import monotonic
from types import SimpleNamespace

import django
import pytest

os.environ["MALL_ENV"] = "test"

from pointsmall.bootstrap import prepare

prepare()

# Each test process has a Valkey database of its own, away from the one that a running mall uses (0).
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{1 + _worker}"

django.setup()
# pytest-xdist's processes inherit the environment, and pytest-django would load the settings in them before this file.
del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database of the tests, and the mall's rights on it (``tests.rights``). A connection that a thread of a test
    left behind must not keep it from being dropped at the end."""
    from django.db import connection

    from tests import rights

    with django_db_blocker.unblock():
        give_back = rights.take()
    yield
    with django_db_blocker.unblock():
        give_back()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def language(settings):
    """Each test begins in the shop's language: a page that was asked for in English leaves it behind."""
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def reading(request, monkeypatch):
    """A page that is only read writes nothing (``tests.reading``), in whatever test asks for it."""
    from django.core.handlers.base import BaseHandler

    from tests import reading

    monkeypatch.setattr(BaseHandler, "get_response", reading.watched(BaseHandler.get_response))


@pytest.fixture(autouse=True)
def empty_cache():
    """Counters and limits of one test must not reach the next."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def cache_server(monkeypatch):
    """``is_there = False``: from then on it answers nobody. ``asked`` counts its commands, ``passed_s`` is waited."""
    from redis import Redis
    from redis.exceptions import ConnectionError

    from core import cache

    server = SimpleNamespace(is_there=True, asked=0, passed_s=0)
    execute = Redis.execute_command

    def ask(client, *args, **options):
        server.asked += 1
        if server.is_there:
            return execute(client, *args, **options)
        raise ConnectionError

    monkeypatch.setattr(Redis, "execute_command", ask)
    monkeypatch.setattr(cache, "_ask_at", 0.0)
    monkeypatch.setattr(cache, "monotonic", lambda: monotonic() + server.passed_s)
    return server


@pytest.fixture
def broker(monkeypatch, cache_server):
    """``cache_server`` as the broker: ``sent`` is what went out, ``(name, args, kwargs, options)``; nothing does while
    it is not there."""
    from celery import current_app
    from celery.contrib.django.task import DjangoTask
    from kombu.exceptions import OperationalError

    cache_server.sent = []

    def send(task, args=None, kwargs=None, **options):
        if not cache_server.is_there:
            raise OperationalError
        cache_server.sent.append((task.name, args, kwargs, options))

    monkeypatch.setattr(DjangoTask, "apply_async", send)
    current_app.conf.task_always_eager = False
    yield cache_server
    current_app.conf.task_always_eager = True


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Uploads of tests go to a folder that pytest removes."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def parameters():
    """What staff have set, ``{name: value}``: nothing, until a test says otherwise."""
    from core import live
    from core import parameters as core_parameters

    live.forget_all()
    values = {}
    core_parameters.PARAMETERS.pin(values)
    yield values
    live.forget_all()


@pytest.fixture
def lock_timeout(transactional_db):
    """``lock_timeout(ms)``: how long sessions wait for a lock from now on, in this test."""
    from django.db import connection

    options = connection.settings_dict["OPTIONS"]
    before = options["options"]

    def limit(ms):
        options["options"] = f"{before} -c lock_timeout={ms}"  # the last one counts
        connection.close()

    yield limit
    options["options"] = before
    connection.close()


@pytest.fixture
def with_field(db):
    """``with_field(model, name, field)``: the model and its table have one more field until the test ends."""
    from django.db import connection

    from tests.rights import superuser

    added = []

    def add(model, name, field):
        field.contribute_to_class(model, name)
        added.append((model, name, field))
        with superuser(), connection.schema_editor() as editor:
            editor.add_field(model, field)

    yield add
    for model, name, field in added:
        model._meta.local_fields.remove(field)
        model._meta._expire_cache()
        delattr(model, name)
