"""Transactions that hold locks."""

from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from core.errors import Busy


@contextmanager
def locking_transaction():
    """A transaction whose locks are waited for at most ``LOCK_TIMEOUT_MS``; raises ``Busy`` instead of hanging.

    Locks are taken in one order everywhere: order row, coupon rows by primary key, a member's coupon counts, the tally
    of earnings, points account, coupon type, SKU rows by primary key. What everybody wants comes last. Nothing inside
    may call the network.
    """
    try:
        with transaction.atomic(), _limited_waits():
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
            raise Busy from error
        raise


@contextmanager
def _limited_waits():
    """Said once in a transaction: inside another of ours it is known."""
    if getattr(connection, "waits_are_limited", False):
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {int(settings.LOCK_TIMEOUT_MS)}")
    connection.waits_are_limited = True
    try:
        yield
    finally:
        connection.waits_are_limited = False
