"""Transactions that hold locks."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from core.errors import Busy


@contextmanager
def locking_transaction() -> Iterator[None]:
    """A transaction that raises ``Busy`` where a lock is waited for longer than ``LOCK_TIMEOUT_MS``, the limit of every
    session, instead of hanging.

    Locks are taken in one order everywhere: approval, order row, the sums of a day (``core.approvals``), coupon rows by
    primary key, a member's coupon counts, the tally of earnings, points account, coupon type, SKU rows by primary key.
    What everybody wants comes last. Nothing inside may call the network.
    """
    try:
        with transaction.atomic():
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
            raise Busy from error
        raise


def broken_constraint(error: Exception) -> str:
    """The name of the constraint of which an ``IntegrityError`` of the database speaks; empty where it names none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str((diagnosis and diagnosis.constraint_name) or "")


def one_at_a_time(name: str) -> None:
    """In a transaction: wait until no other one is past this line with the same name, and hold others up until this one
    ends. For what is asked of many rows together, where there is no one row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def rehearsal() -> Iterator[None]:
    """Do it and undo it, in a transaction: what would be refused is refused now, and nothing stays or leaves."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
