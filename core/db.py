"""Transactions that hold locks."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from core.errors import Busy


@contextmanager
def locking_transaction() -> Iterator[None]:
    """A transaction that raises ``Busy`` instead of hanging when it waits for a lock longer than ``LOCK_TIMEOUT_MS``,
    the limit of every session.

    Locks are taken in one order everywhere: approval, order row, the sums of a day (``core.approvals``), coupon rows by
    primary key, a member's coupon counts, the tally of earnings, points account, coupon type, SKU rows by primary key.
    The most contended rows come last. No network calls inside.
    """
    try:
        with transaction.atomic():
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
            raise Busy from error
        raise


def broken_constraint(error: Exception) -> str:
    """The name of the constraint that an ``IntegrityError`` reports; empty if it reports none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str((diagnosis and diagnosis.constraint_name) or "")


def one_at_a_time(name: str) -> None:
    """Inside a transaction: let only one transaction at a time go on with this name, until it ends. For checks over
    many rows, where there is no single row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def rehearsal() -> Iterator[None]:
    """A dry run: do everything in a transaction and roll it back. Refusals are raised; nothing is stored or sent."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
