"""What the ledger takes from its callers, and what a refusal does to the transaction around it."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from core.errors import InvalidInput
from points import ledger
from points.ledger.models import Kind, PointsHold
from tests.points.conftest import AT
from tests.points.ledger.conftest import DAY, available

pytestmark = pytest.mark.usefixtures("no_break")


BAD = {
    "policy": ["", "forget", None],
    "points": [0, -1, 2**31, 1.5, "10", True, None],
    "key": ["", "k" * 129, 7, None, "a\0b", "a\ud83d", "expire:1", "begin:1:2"],
    "by": ["", "b" * 65, None, "\udc00"],
    "at": [None, "now", datetime(2026, 11, 20), datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)],
    "account": [0, -1, 2**63, "1", None, True],
    "kind": ["", "gift", None, Kind.REFUND],
    "source": ["s" * 65, None, "order:\ud800"],
    "reason": ["r" * 201, None, "半\ude00"],
}


TAKES = {
    "earn": {"points": 1, "kind": "campaign", "source": "", "reason": ""},
    "spend": {"points": 1, "kind": "redeem", "source": "", "reason": ""},
    "hold": {"points": 1, "source": ""},
    "capture": {"hold": "h", "reason": "", "kind": "redeem"},
    "release": {"hold": "h"},
    "refund": {"spent": "s", "points": 1, "reason": ""},
    "clawback": {"earned": "e", "points": 1, "policy": "debt", "kind": "clawback", "source": "", "reason": ""},
}
COMMON = {"account": 1, "key": "k", "by": "x", "at": AT}


@pytest.mark.parametrize(
    ("verb", "field", "value"),
    [
        (verb, field, value)
        for verb, takes in TAKES.items()
        for field in takes | COMMON
        for value in BAD.get(field, ["", "h" * 129])
    ],
)
def test_bad_input_never_reaches_the_database(verb, field, value):
    with pytest.raises(InvalidInput) as error:
        getattr(ledger, verb)(**TAKES[verb] | COMMON | {field: value})
    assert error.value.details == {"field": field}


@pytest.mark.parametrize(
    "breakdown",
    [
        {"steps": [["\ud800", 1]]},
        {"steps": ["\0"]},
        {"steps": [float("nan")]},
        {"steps": [object()]},
        {"a\udfff": 1},
        {"pieces": []},
        {"steps": 5},
        [],
    ],
)
def test_a_breakdown_is_what_the_database_can_keep(own, breakdown):
    with pytest.raises(InvalidInput):
        own.earn(1, breakdown=breakdown)


@pytest.mark.parametrize("value", [AT, AT - DAY, "never", datetime(2027, 1, 1), datetime.max.replace(tzinfo=UTC)])
def test_points_cannot_end_before_they_begin(own, value):
    with pytest.raises(InvalidInput):
        own.earn(1, expires_at=value)


def test_the_longest_and_largest_that_are_allowed(own):
    own.earn(ledger.MAX_POINTS, key="k" * 128, source="s" * 64, reason="积" * 200)
    assert own.spend(ledger.MAX_POINTS, key="s" * 128).available == 0


def test_a_refusal_marks_the_transaction_around_it(own):
    own.earn(10)
    with transaction.atomic():
        with pytest.raises(ledger.NotEnoughPoints):
            own.spend(11)
        with pytest.raises(TransactionManagementError):
            own.spend(1)
        transaction.set_rollback(True)
    assert available(own.member) == 10


def test_joins_the_transaction_around_it(own):
    own.earn(10)
    with transaction.atomic():
        own.spend(4)
        transaction.set_rollback(True)
    assert available(own.member) == 10
    assert not PointsHold.objects.exists()
