"""What an account holds, and that the books are right after each test."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from points.ledger import audit, queries
from points.ledger.models import PointsLot
from tests.points.conftest import AT

DAY = timedelta(days=1)


@pytest.fixture
def no_break(db):
    """Whatever a test did through the ledger, the books are right after it."""
    yield
    if not connection.needs_rollback:
        assert audit.run().breaks == []


def available(member, at=AT):
    return queries.balance(member, at=at).available


def remaining(member):
    return list(PointsLot.objects.filter(account_id=member).order_by("seq").values_list("remaining", flat=True))


def refused(error):
    """A refusal breaks the transaction around it; the test goes on after the savepoint."""

    class Refused:
        def __enter__(self):
            self.atomic, self.raises = transaction.atomic(), pytest.raises(error)
            caught = self.raises.__enter__()
            self.atomic.__enter__()
            return caught

        def __exit__(self, *exception):
            try:
                self.atomic.__exit__(*exception)
            except error as again:
                exception = (error, again, again.__traceback__)
            return self.raises.__exit__(*exception)

    return Refused()
