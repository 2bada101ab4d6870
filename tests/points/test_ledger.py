from datetime import UTC, datetime, timedelta

import pytest

from points import ledger, queries
from accounts.models import User

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return User.objects.create(username="m", date_joined=AT).pk


def test_smoke(member):
    p = ledger.earn(account=member, points=200, kind="sign_up", key="w", by="x", at=AT)
    print(p)
    p = ledger.earn(account=member, points=200, kind="sign_up", key="w", by="x", at=AT)
    print(p)
    print(ledger.spend(account=member, points=50, kind="redeem", key="s", by="x", at=AT))
    print(ledger.hold(account=member, points=50, key="h", by="x", at=AT))
    print(ledger.capture(account=member, hold="h", key="c", by="x", at=AT))
    print(ledger.hold(account=member, points=50, key="h2", by="x", at=AT))
    print(ledger.release(account=member, hold="h2", key="r2", by="x", at=AT))
    print(ledger.refund(account=member, spent="c", points=20, key="rf", by="x", at=AT))
    print(ledger.refund(account=member, spent="c", points=30, key="rf2", by="x", at=AT + timedelta(days=400)))
    print(queries.balance(member, at=AT))
    print(queries.balance(member, at=AT + timedelta(days=400)))
    print(queries.history(member))
    print(queries.month_totals(member, AT.date()), queries.expiry_by_month(member, at=AT))
    print(queries.lots_to_be_used(member, 10, at=AT))
