"""A member without points, and short names for the ledger's functions with everything a test does not care about."""

from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import connection

from accounts.models import User
from points import ledger

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


@contextmanager
def tampering():
    """A cursor with which a superuser changes rows past the ledger, its triggers and keys off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = origin")
