"""One statement to PostgreSQL on Django's own connection: prepared, parameters apart from the text, one round trip.

For what is done all day: a posting, an order. It runs in the transaction that is open, or in one of its own. Django's
cursors bind in the client and never prepare, and psycopg's cursors keep a household of their own for every statement:
that is most of a call's time in Python. So this speaks to libpq, through psycopg's adaptation of values, and keeps the
habits of both by hand.
"""

import itertools
import json
from functools import cache
from types import MappingProxyType, SimpleNamespace
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import errors as pg
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from core.errors import Busy

BUSY = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)
NONE = MappingProxyType({})

_sessions = WeakKeyDictionary()  # psycopg's connection -> its Transformer, {(sql, types of the parameters): name}
_numbers = itertools.count(1)


def call(sql, params, refusals=NONE):
    """The rows that ``sql`` returns, a list of tuples. ``params`` stand for its ``%s``; an integer is a bigint whatever
    its size, JSON is passed as ``Jsonb`` and comes back as text.

    Raises ``Busy``, the error of ``refusals``, ``{SQLSTATE: class}``, with the details that the statement raised as
    JSON, or else Django's. A refusal breaks the transaction around it, as any database error does: Django is told, and
    refuses to go on or to commit. Use a nested ``atomic()`` to catch one and continue.
    """
    connection = connections[DEFAULT_DB_ALIAS]  # once: django.db.connection looks it up for every attribute
    if connection.connection is None or connection.health_check_enabled:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
    connection.validate_no_broken_transaction()
    if connection.force_debug_cursor:  # somebody captures queries
        connection.queries_log.append({"sql": f"{sql} {params}", "time": ""})
    try:
        return _execute(connection.connection, sql, params)
    except psycopg.Error as error:
        if connection.in_atomic_block:
            connection.needs_rollback, connection.rollback_exc = True, error
        if isinstance(error, BUSY):
            raise Busy from error
        if refusal := refusals.get(error.sqlstate):
            raise refusal(**json.loads(error.diag.message_detail)) from error
        with connection.wrap_database_errors:
            raise


def _execute(raw, sql, params):
    values, names = _sessions.get(raw) or _begin_session(raw)
    dumped = values.dump_sequence(params, _formats(len(params)))
    pgconn = raw.pgconn
    if not raw.autocommit and pgconn.transaction_status == TransactionStatus.IDLE:
        _checked(raw, pgconn.exec_(b"BEGIN"))  # as psycopg would before its first statement
    try:
        result = _run(raw, sql, values, names, dumped)
    except pg.InvalidSqlStatementName:  # somebody dropped the statements of the session, and nothing has run
        names.clear()
        if pgconn.transaction_status != TransactionStatus.IDLE:
            raise  # the transaction is broken by it; the next one prepares anew
        result = _run(raw, sql, values, names, dumped)
    values.set_pgresult(result)
    return values.load_rows(0, result.ntuples, tuple)


def _begin_session(raw):
    adapters = AdaptersMap(raw.adapters)
    for dumper in (Int8Dumper, Int8BinaryDumper):  # one statement for all sizes of a number, not one for each
        adapters.register_dumper(int, dumper)
    session = _sessions[raw] = Transformer(SimpleNamespace(adapters=adapters, connection=raw)), {}
    return session


def _run(raw, sql, values, names, dumped):
    name = names.get((sql, values.types))
    if name is None:  # new in this session
        name = b"mall_%d" % next(_numbers)
        _checked(raw, raw.pgconn.prepare(name, _numbered(sql), values.types))
        names[sql, values.types] = name
    return _checked(raw, raw.pgconn.exec_prepared(name, dumped, values.formats))


def _checked(raw, result):
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    error = pg.error_from_result(result)
    if raw.pgconn.status == ConnStatus.BAD and not isinstance(error, psycopg.OperationalError):
        error = psycopg.OperationalError(str(error))  # a connection that broke has no SQLSTATE to tell it by
    raise error


@cache
def _formats(count):
    return [PyFormat.AUTO] * count


@cache
def _numbered(sql):
    """``%s`` as PostgreSQL wants it: ``$1``, ``$2`` ..."""
    first, *others = sql.split("%s")
    return (first + "".join(f"${n}{text}" for n, text in enumerate(others, 1))).encode()
