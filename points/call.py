"""One function call to PostgreSQL on Django's own connection: prepared, parameters apart from the text, one round trip.

It runs in the transaction that is open, or in one of its own. Django's cursors bind in the client and never prepare;
that is a third of a posting's time, so this takes psycopg's cursor and keeps Django's habits by hand.
"""

import json

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg import errors as pg

from core.errors import Busy
from points.errors import BY_SQLSTATE

PREPARE = 5  # any number: psycopg prepares nothing at all while a connection's threshold is None
BUSY = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)


def call(sql, params):
    """The row that ``sql`` returns. Raises the named errors of ``points.errors`` and ``Busy``.

    A refusal breaks the transaction around it, as any database error does: Django is told, and refuses to go on or to
    commit. Use a nested ``atomic()`` to catch one and continue.
    """
    try:
        with transaction.mark_for_rollback_on_error():
            connection.close_if_health_check_failed()
            connection.ensure_connection()
            connection.validate_no_broken_transaction()
            raw = connection.connection
            if raw.prepare_threshold is None:
                raw.prepare_threshold = PREPARE
            with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
                return cursor.execute(sql, (*params, settings.LOCK_TIMEOUT_MS), prepare=True).fetchone()
    except DatabaseError as error:
        refusal = _refusal(error.__cause__)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(cause):
    if isinstance(cause, BUSY):
        return Busy()
    error = BY_SQLSTATE.get(getattr(cause, "sqlstate", None))
    return error and error(**json.loads(cause.diag.message_detail))
