"""A mall that listens, a partner with a key for everything, a member with points."""

import pytest

from accounts.models import User
from core import clock
from points import ledger
from points.models import Scope
from points.services.partners import setup
from tests.points.partners.client import PartnerClient

PHONE = "+8613900000001"


@pytest.fixture
def shop(db):
    """The partner ``shop``."""
    return setup.create_partner(code="shop", name="小店", by="staff:1", at=clock.now())


@pytest.fixture
def other(db):
    """Another partner."""
    return setup.create_partner(code="other", name="别家", by="staff:1", at=clock.now())


@pytest.fixture
def client_of(live_server, request):
    """A function that makes a new key of a partner and a client that signs with it."""

    def make(partner, scopes=tuple(Scope.values), **more):
        key, secret = setup.make_key(partner=partner, scopes=scopes, by="staff:1", at=clock.now())
        client = PartnerClient(live_server.url, key.name, secret, **more)
        request.addfinalizer(client.close)
        return client

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
    ledger.earn(account=member_id, points=1000, kind="campaign", key="start", by="system:test", at=clock.now())
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
