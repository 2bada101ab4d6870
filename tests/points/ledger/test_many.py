"""Many accounts in one call: as the same calls one by one."""

import random
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import User
from core.errors import InvalidInput
from points import ledger
from points.ledger import audit
from points.ledger.models import PointsAccount, PointsAllocation, PointsEntry, PointsLot
from tests.points.conftest import AT

DAY = timedelta(days=1)
CHAINED = {"account_id", "member_id", "hash", "head"}  # differ with the member


def people(name):
    return [User.objects.create(username=f"{name}{n}", date_joined=AT).pk for n in range(6)]


def rows_of(member):
    """All that is written of a member, but for what differs with the member."""
    found = {}
    for model in (PointsAccount, PointsEntry, PointsLot, PointsAllocation):
        rows = model.objects.filter(**{"member_id" if model is PointsAccount else "account_id": member})
        found[model] = [
            {name: value for name, value in row.items() if name not in CHAINED} for row in rows.order_by("pk").values()
        ]
    return found


def plan(dice):
    """Earnings without their account, some of them twice: ``(which of the people, fields)``."""
    drawn = []
    for n in range(30):
        begins = dice.choice([None, AT + (n + 5) * DAY, ledger.UNDATED])
        fields = {
            "points": dice.randint(1, 50),
            "key": f"k{n}",
            "at": AT + n * DAY,
            "source": f"purchase:{n}",
            "reason": f"reason {n}",
            "active_from": begins,
            "rule_version": "v1",
            "breakdown": dice.choice([None, {"steps": [["text", n]]}]),
        }
        drawn.append((dice.randrange(6), fields))
    return drawn + dice.sample(drawn, 5)


@pytest.mark.parametrize("seed", range(4))
def test_does_what_single_calls_do(db, seed):
    drawn = plan(random.Random(seed))
    singles, many = people("single"), people("many")
    for member in (singles[0], many[0]):  # owes something
        common = {"account": member, "by": "x", "at": AT}
        ledger.earn(**common, points=40, kind="campaign", key="first", active_from=AT)
        ledger.spend(**common, points=40, kind="redeem", key="spent")
        ledger.clawback(**common, points=40, earned="first", key="back")
    expected = [ledger.earn(account=singles[who], kind="purchase", by="x", **fields).repeated for who, fields in drawn]
    given = [ledger.Earning(account=many[who], **fields) for who, fields in drawn]
    assert ledger.earn_many(earnings=given, kind="purchase", by="x") == expected
    assert sum(expected) == 5
    assert [rows_of(member) for member in many] == [rows_of(member) for member in singles]
    assert audit.run().breaks == []


def test_one_that_is_refused_refuses_all(own):
    earnings = [ledger.Earning(own.member, 10, "a", AT), ledger.Earning(2**40, 10, "a", AT)]
    with pytest.raises(ledger.UnknownAccount), transaction.atomic():
        ledger.earn_many(earnings=earnings, kind="campaign", by="x")
    assert not PointsEntry.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account", 0),
        ("points", -1),
        ("key", "expire:1"),
        ("at", None),
        ("reason", "\ud800"),
        ("rule_version", "v" * 33),
    ],
)
def test_every_row_is_checked(own, field, value):
    good = ledger.Earning(own.member, 10, "a", AT)
    with pytest.raises(InvalidInput) as error:
        ledger.earn_many(earnings=[good, good._replace(**{field: value})], kind="campaign", by="x")
    assert error.value.details == {"field": field}


@pytest.mark.parametrize("more", [{"earnings": []}, {"kind": "redeem"}, {"by": ""}])
def test_the_call_is_checked(own, more):
    arguments = {"earnings": [ledger.Earning(own.member, 10, "a", AT)], "kind": "campaign", "by": "x"}
    with pytest.raises(InvalidInput):
        ledger.earn_many(**arguments | more)


@pytest.mark.parametrize("accounts", [[], [0], ["1"], [1] * (ledger.MOST_ACCOUNTS + 1)])
def test_locks_and_runs_have_limits(db, accounts):
    with pytest.raises(InvalidInput):
        ledger.lock(accounts=accounts)
    with pytest.raises(InvalidInput):
        ledger.expire(accounts=accounts, by="x", at=AT)
