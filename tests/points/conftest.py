"""A member without points, and short names for the ledger's functions with everything a test does not care about."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from types import SimpleNamespace

import pytest

from accounts.models import User
from points import ledger
from points.ledger import audit

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in the shop

_numbers = count(1)


@pytest.fixture
def member(db):
    """The id of a new member."""
    return User.objects.create(username=f"member{next(_numbers)}", date_joined=AT).pk


@pytest.fixture
def own(member):
    """The ledger, bound to the member, ``by="member:1"`` and ``at=AT``; a key is made up where none is given."""

    def bind(function, **defaults):
        def call(*args, **arguments):
            names = list(defaults)  # a positional argument is the first default's, and so on
            given = dict(zip(names, args, strict=False))
            merged = {**defaults, **given, **arguments}
            if function is not ledger.set_begin:
                merged.setdefault("key", f"key{next(_numbers)}")
            return partial(function, account=member, by="member:1")(**{"at": AT, **merged})

        return call

    return SimpleNamespace(
        member=member,
        earn=bind(ledger.earn, points=100, kind="campaign"),
        spend=bind(ledger.spend, points=10, kind="redeem"),
        hold=bind(ledger.hold, points=10),
        capture=bind(ledger.capture, hold=""),
        release=bind(ledger.release, hold=""),
        refund=bind(ledger.refund, spent="", points=10),
        clawback=bind(ledger.clawback, earned="", points=10),
        set_begin=bind(ledger.set_begin, earned="", active_from=AT, expires_at=None),
        adjust=bind(ledger.adjust, points=10, reason="counted wrong"),
    )


@pytest.fixture
def history(own):
    """Entries 1, 2, 4, 6, 7, 10 to 14; holds 3 (captured), 5 (released), 9 (open); grace lot 8; 45 owed. Together they
    have a value in every column, and NULL in every one that may be."""
    own.earn(100, expires_at=AT + timedelta(days=1))  # 1
    own.earn(200, expires_at=AT + timedelta(days=90))  # 2
    own.hold(110, key="a")  # 3
    own.capture("a", key="b")  # 4
    own.hold(50, key="c")  # 5
    own.release("c", key="d")
    own.spend(20, key="e")  # 6
    own.refund("b", 60, key="f", at=AT + timedelta(days=30))  # 7, grace lot 8
    own.hold(10, key="g", expires_at=AT + timedelta(hours=1))  # 9
    own.earn(100, key="h", expires_at=None)  # 10
    own.earn(5, expires_at=AT + timedelta(days=1))  # 11, ends and lies there
    own.spend(265, key="i", at=AT + timedelta(days=2))  # 12
    own.clawback("h", 100, key="j", at=AT + timedelta(days=2))  # 13: 5 of its own, 50 of the grace lot, 45 owed
    own.earn(20, key="k", at=AT + timedelta(days=2), breakdown={"steps": []}, expires_at=None)  # 14, pays the debt
    assert audit.run().breaks == []
    return own
