"""One function call to PostgreSQL on Django's own connection: prepared, parameters apart from the text, one round trip.

It runs in the transaction that is open, or in one of its own. Django's cursors bind in the client and never prepare;
that is a third of a posting's time, so this takes psycopg's cursor and keeps Django's habits by hand.
"""

import json

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
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
    connection = connections[DEFAULT_DB_ALIAS]  # once: django.db.connection looks it up for every attribute
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    raw = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = PREPARE
    try:
        with psycopg.Cursor(raw) as cursor:
            return cursor.execute(sql, (*params, settings.LOCK_TIMEOUT_MS), prepare=True).fetchone()
    except psycopg.Error as error:
        if connection.in_atomic_block:
            connection.needs_rollback, connection.rollback_exc = True, error
        refusal = _refusal(error)
        if refusal is not None:
            raise refusal from error
        with connection.wrap_database_errors:
            raise


def _refusal(error):
    if isinstance(error, BUSY):
        return Busy()
    refusal = BY_SQLSTATE.get(error.sqlstate)
    return refusal and refusal(**json.loads(error.diag.message_detail))
