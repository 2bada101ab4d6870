"""A mall that listens, a partner with a key for everything, a member with points."""

from datetime import UTC, datetime
from functools import partial

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from accounts.models import User
from core import clock
from points import ledger
from points.partners.models import Scope
from points.partners.services import setup
from tests.points.partners.client import PartnerClient

LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)
PHONE = "+8613900000001"
OPEN = {"is_active": True, "daily_grant_points": 100_000, "daily_deduct_points": 100_000}


@pytest.fixture
def shop(db):
    """The partner ``shop``."""
    return setup.create_partner(code="shop", name="小店", by="staff:1", at=clock.now(), **OPEN)


@pytest.fixture
def other(db):
    """Another partner."""
    return setup.create_partner(code="other", name="别家", by="staff:1", at=clock.now(), **OPEN)


@pytest.fixture
def connect(request):
    """A function that makes a client: over real HTTP where the test asks for ``live_server``, else straight into the
    mall's WSGI application, inside the test's transaction."""

    def make(key, secret, **more):
        if "live_server" in request.fixturenames:
            client = PartnerClient(request.getfixturevalue("live_server").url, key, secret, **more)
        else:
            for signal in (request_started, request_finished):  # or the test's transaction would end with the request
                signal.disconnect(close_old_connections)
                request.addfinalizer(partial(signal.connect, close_old_connections))
            transport = httpx.WSGITransport(_in_latin_1(get_wsgi_application()))
            client = PartnerClient("http://testserver", key, secret, transport=transport, **more)
        request.addfinalizer(client.close)
        return client

    return make


def _in_latin_1(application):
    """WSGI has the bytes of a path as Latin-1; httpx gives them decoded."""

    def call(environ, start_response):
        path = environ["PATH_INFO"].encode().decode("latin-1")
        return application(environ | {"PATH_INFO": path}, start_response)

    return call


@pytest.fixture
def client_of(connect):
    """A function that makes a new key of a partner and a client that signs with it."""

    def make(partner, scopes=tuple(Scope.values), **more):
        key, secret = setup.make_key(partner=partner, scopes=scopes, by="staff:1", at=clock.now())
        setup.open_key(key=key, by="staff:1", at=clock.now())
        return connect(key.name, secret, **more)

    return make


@pytest.fixture
def till(shop, client_of):
    """The client of ``shop``, which may do everything."""
    return client_of(shop)


@pytest.fixture
def stranger(other, client_of):
    return client_of(other)


@pytest.fixture
def member(db):
    """The id of a member with 1,000 points and the phone ``PHONE``."""
    member_id = User.objects.create(phone=PHONE, date_joined=clock.now()).pk
    ledger.earn(account=member_id, points=1000, kind="campaign", key="start", by="system:test", at=LONG_AGO)
    return member_id


@pytest.fixture
def deduction(till, member):
    """A function that deducts from the member; returns the answer's JSON."""

    def make(points=100, reference="A-1", **more):
        body = {"member": PHONE, "points": points, "reference": reference, **more}
        response = till.post("/deductions", body)
        assert response.status_code == 201, response.text
        return response.json()

    return make
