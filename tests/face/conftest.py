"""A small shop and a member with points, made through the services."""

from datetime import timedelta

import pytest

from accounts.services import create_member
from catalog.services import products
from core import actors, clock
from points import ledger

STAFF = actors.staff(1)


@pytest.fixture
def category(db):
    return products.create_category(code="home", name="家居", by=STAFF, at=clock.now())


@pytest.fixture
def add_product(category):
    """Put a product on the shelf by its name; ``price`` holds prices of its SKU."""

    def add(name, *, stock=10, **price):
        sku = {"code": name, "stock": stock, **(price or {"points_price": 1000})}
        return products.create_product(category=category, name=name, skus=[sku], listed=True, by=STAFF, at=clock.now())

    return add


@pytest.fixture
def shop(add_product):
    """Thirty products from 100 to 3,000 points."""
    return [add_product(f"商品{number}", points_price=number * 100) for number in range(1, 31)]


@pytest.fixture
def member(db):
    return create_member(by=actors.system("test"), at=clock.now(), username="xiaowen", nickname="晓雯", password="x")


@pytest.fixture
def give(member):
    """Give the member points that end in so many days (None: never)."""

    def give(points, *, days=None):
        at = clock.now()
        ledger.earn(
            account=member.pk,
            points=points,
            kind="adjust",
            key=f"given:{points}:{days}",
            by=STAFF,
            at=at,
            reason="test",
            expires_at=days and at + timedelta(days=days),
        )

    return give


@pytest.fixture
def signed_in(client, member):
    client.force_login(member, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
