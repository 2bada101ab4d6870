"""Prepared statements on Django's own connection, with parameters sent separately, in one round trip.

For frequent statements, such as those of a posting or an order. A call runs in the open transaction, or else in its
own. Django's cursors bind parameters in the client and do not prepare statements, so each connection keeps a psycopg
cursor too. It is wrapped like Django's own cursors: Django still handles broken transactions, ``execute_wrapper``,
captured queries and error classes.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, Self

import psycopg
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import errors as pg
from psycopg.abc import Params
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from core.errors import Busy, DomainError

BUSY = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)
OUTDATED = (pg.InvalidSqlStatementName, pg.FeatureNotSupported)  # the statement is gone, or returns other columns now
MOST_FAILURES = 100  # in a session before its statements are prepared again; each may leave about 15 kB in PostgreSQL
NONE: Mapping[str, type[DomainError]] = MappingProxyType({})
NOTHING = nullcontext()
KEPT = "mall_cursor"


def call(sql: str, params: Sequence[Any], refusals: Mapping[str, type[DomainError]] = NONE) -> list[tuple[Any, ...]]:
    """Execute ``sql`` and return its rows, a list of tuples. ``params`` fill its ``%s``. An integer is always sent as a
    bigint. JSON is passed as ``Jsonb`` and comes back as text.

    Raises ``Busy``, an error of ``refusals`` (``{SQLSTATE: class}``) with the details that the statement raised as
    JSON, or else Django's error. Like any database error, a refusal breaks the surrounding transaction, and Django
    refuses to continue or commit. Use a nested ``atomic()`` to catch it and continue.
    """
    connection = connections[DEFAULT_DB_ALIAS]  # once: django.db.connection looks it up for every attribute
    connection.validate_thread_sharing()
    connection.close_if_health_check_failed()
    connection.ensure_connection()  # raises inside a running event loop
    try:
        return _rows(connection, sql, params)
    except Error as error:
        if connection.in_atomic_block and not connection.needs_rollback:
            connection.needs_rollback = True
            connection.rollback_exc = error  # type: ignore[attr-defined] # not in the stubs
        cause = error.__cause__  # psycopg's
        if isinstance(cause, BUSY):
            raise Busy from error
        if isinstance(cause, psycopg.Error) and (refusal := refusals.get(cause.sqlstate or "")):
            raise refusal(**json.loads(cause.diag.message_detail or "{}")) from error
        raise


def _rows(connection: BaseDatabaseWrapper, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    # Remove the cursor while it is in use, so that a nested call, from a wrapper for instance, gets another one.
    cursor = vars(connection).pop(KEPT, None)
    if cursor is None or cursor.connection is not connection.connection:
        cursor = _PreparingCursor(connection.connection)
    wrapped = connection.make_cursor(cursor)
    try:
        with _captured(connection, cursor, sql, params) if connection.queries_logged else NOTHING:
            wrapped.execute(sql, params)
        return [] if cursor.rownumber is None else wrapped.fetchall()
    finally:
        vars(connection)[KEPT] = cursor


def _captured(
    connection: BaseDatabaseWrapper, cursor: "_PreparingCursor", sql: str, params: Sequence[Any]
) -> AbstractContextManager[None]:
    """Log the query with our own text: Django would ask the cursor, which does not know it for a prepared statement."""
    return connection.make_debug_cursor(cursor).debug_sql(f"{sql} {params}", params)  # type: ignore[arg-type] # not yet wrapped


class _PreparingCursor(psycopg.Cursor):
    """Prepares each statement the first time a session executes it, unless the connection forbids it.

    A statement that fails the first time stays in PostgreSQL, although psycopg forgets its name. So after
    ``MOST_FAILURES`` errors all statements are deallocated and prepared again.
    """

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        super().__init__(connection)
        self._failures = 0
        for dumper in (Int8Dumper, Int8BinaryDumper):  # one statement for integers of any size, not one for each size
            self.adapters.register_dumper(int, dumper)

    def execute(
        self, query: Any, params: Params | None = None, *, prepare: bool | None = True, binary: bool | None = None
    ) -> Self:
        if self._failures >= MOST_FAILURES:
            super().execute("DEALLOCATE ALL", prepare=False)
            self._failures = 0
        try:
            return super().execute(query, params, prepare=prepare, binary=binary)
        except psycopg.Error as error:
            self._failures = MOST_FAILURES if isinstance(error, OUTDATED) else self._failures + 1
            raise
