"""One statement to PostgreSQL on Django's own connection: prepared, parameters apart from the text, one round trip.

For what is done all day: a posting, an order. It runs in the transaction that is open, or in one of its own. Django's
cursors bind in the client and never prepare. So a cursor of psycopg is kept beside them, and wrapped as Django wraps
its own: broken transactions, ``execute_wrapper``, captured queries and the classes of errors are Django's work.
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
MOST_FAILURES = 100  # of a session, before it prepares anew; each may leave some 15 kB in PostgreSQL
NONE: Mapping[str, type[DomainError]] = MappingProxyType({})
NOTHING = nullcontext()
KEPT = "mall_cursor"


def call(sql: str, params: Sequence[Any], refusals: Mapping[str, type[DomainError]] = NONE) -> list[tuple[Any, ...]]:
    """The rows that ``sql`` returns, a list of tuples. ``params`` stand for its ``%s``; an integer is a bigint whatever
    its size, JSON is passed as ``Jsonb`` and comes back as text.

    Raises ``Busy``, the error of ``refusals``, ``{SQLSTATE: class}``, with the details that the statement raised as
    JSON, or else Django's. A refusal breaks the transaction around it, as any database error does: Django is told, and
    refuses to go on or to commit. Use a nested ``atomic()`` to catch one and continue.
    """
    connection = connections[DEFAULT_DB_ALIAS]  # once: django.db.connection looks it up for every attribute
    connection.validate_thread_sharing()
    connection.close_if_health_check_failed()
    connection.ensure_connection()  # refuses where an event loop runs
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
    # Taken away while it is used: whoever calls meanwhile, a wrapper for instance, does not read from this one.
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
    """Django would ask the cursor for its text, and that of a prepared one is not known."""
    return connection.make_debug_cursor(cursor).debug_sql(f"{sql} {params}", params)  # type: ignore[arg-type] # not yet wrapped


class _PreparingCursor(psycopg.Cursor):
    """Prepares what it executes when it does so for the first time in a session, unless the connection forbids it.

    A statement that fails the first time stays in PostgreSQL, though psycopg forgets its name. So once in a while all
    are given up and prepared anew.
    """

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        super().__init__(connection)
        self._failures = 0
        for dumper in (Int8Dumper, Int8BinaryDumper):  # one statement for all sizes of a number, not one for each
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
