"""A call keeps the habits of Django's connection though it does not use Django's cursor."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.transaction import TransactionManagementError
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext
from psycopg.types.json import Jsonb

from core.call import MOST_FAILURES, call
from points import ledger
from points.ledger import queries
from tests.points.conftest import AT

pytestmark = pytest.mark.django_db(transaction=True)


def available(member):
    return queries.balance(member, at=AT).available


def run(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone() if cursor.description else None


def test_begins_the_transaction_that_it_is_the_first_call_of(own):
    own.earn(10)
    with transaction.atomic():
        own.spend(4)
        transaction.set_rollback(True)
    assert available(own.member) == 10


def test_commits_by_itself_outside_of_transactions(own):
    own.earn(10)
    connection.close()
    assert available(own.member) == 10


def test_prepares_a_statement_once_for_each_session(own):
    connection.close()
    for _ in range(3):
        own.earn(1)
    assert run("SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements") == (1, 3)


@pytest.mark.parametrize("statement", ["DEALLOCATE ALL", "DISCARD ALL"])
def test_prepares_again_where_the_session_lost_its_statements(own, statement):
    own.earn(10)
    run(statement)
    assert own.earn(5).available == 15
    assert own.earn(5).available == 20


def test_a_transaction_that_lost_its_statements_goes_on(own):
    own.earn(10)
    with transaction.atomic():
        run("DEALLOCATE ALL")
        own.earn(5)
    assert available(own.member) == 15


def test_statements_that_were_lost_unseen_fail_once(own):
    own.earn(10)
    run("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
    with pytest.raises(DatabaseError):
        own.earn(5)
    assert own.earn(5).available == 15


def test_a_statement_that_returns_other_columns_now_fails_once(db):
    run("CREATE TEMPORARY TABLE wide AS SELECT 1 AS a")
    assert call("SELECT * FROM wide", ()) == [(1,)]
    run("DO $$ BEGIN ALTER TABLE wide ADD b integer; END $$")  # as somebody else would, while the mall runs
    with pytest.raises(DatabaseError):
        call("SELECT * FROM wide", ())
    assert call("SELECT * FROM wide", ()) == [(1, None)]


def test_refusals_leave_no_heap_of_statements_behind(own):
    connection.close()
    for _ in range(MOST_FAILURES + 20):
        with pytest.raises(ledger.NotEnoughPoints):
            own.spend(11)
    assert run("SELECT count(*) FROM pg_prepared_statements")[0] <= MOST_FAILURES


def test_a_lost_connection_is_an_error_of_django_and_the_next_one_works(own):
    own.earn(10)
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": None, "context": None}) as other:
        other.execute("SET ROLE NONE")  # back to who signed in
        other.execute("SELECT pg_terminate_backend(%s)", [run("SELECT pg_backend_pid()")[0]])
    with pytest.raises(OperationalError):
        own.spend(4)
    assert connection.errors_occurred
    with pytest.raises(OperationalError):
        own.spend(4)
    connection.close_if_unusable_or_obsolete()
    assert own.spend(4).available == 6


def test_a_refusal_leaves_the_session_fit_for_the_next_call(own):
    own.earn(10)
    with pytest.raises(ledger.NotEnoughPoints):
        own.spend(11)
    assert own.spend(10).available == 0


class TestErrors:
    """They are Django's, with psycopg's as the cause, in transactions and outside of them."""

    @pytest.mark.parametrize(
        ("sql", "params", "error", "cause"),
        [
            ("SELECT 1 / %s", (0,), DataError, psycopg.errors.DivisionByZero),
            ("SELECT %s::jsonb", ("{",), DataError, psycopg.errors.InvalidTextRepresentation),
            ("SELECT nothing", (), ProgrammingError, psycopg.errors.UndefinedColumn),
            ("INSERT INTO core_counter (name) VALUES (%s)", (None,), IntegrityError, psycopg.errors.NotNullViolation),
        ],
    )
    def test_keep_class_and_message(self, sql, params, error, cause):
        def refused(execute):
            with pytest.raises(error) as found, transaction.atomic():
                execute(sql, params)
            return found.value

        ours, djangos = refused(call), refused(lambda sql, params: run(sql, *params))
        assert type(ours.__cause__) is type(djangos.__cause__) is cause
        if params != (None,):  # Django's cursor writes the values into the text, which the message repeats
            assert str(ours).splitlines()[0] == str(djangos).splitlines()[0]

    def test_of_a_refusal_carry_what_the_statement_said(self, own):
        own.earn(10)
        with pytest.raises(ledger.NotEnoughPoints) as found:
            own.spend(11)
        assert json.loads(found.value.__cause__.__cause__.diag.message_detail) == {"available": 10, "needed": 11}

    def test_break_the_transaction_around_them(self, own):
        with pytest.raises(TransactionManagementError) as found, transaction.atomic():
            with pytest.raises(ledger.NotEnoughPoints):
                own.spend(11)
            own.earn(5)
        assert isinstance(found.value.__cause__, DatabaseError)
        assert available(own.member) == 0

    def test_go_on_behind_a_savepoint(self, own):
        with transaction.atomic():
            own.earn(10)
            with pytest.raises(ledger.NotEnoughPoints), transaction.atomic():
                own.spend(11)
            assert own.spend(4).available == 6
        assert available(own.member) == 6

    def test_undo_only_what_came_after_the_savepoint(self, own):
        with transaction.atomic():
            own.earn(10)
            with pytest.raises(DataError), transaction.atomic():
                own.earn(5)
                call("SELECT 1 / %s", (0,))
        assert available(own.member) == 10


class TestWrappers:
    def test_see_statement_and_values(self, own):
        seen = []

        def look(execute, sql, params, many, context):
            seen.append((sql, params, many, context["connection"]))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(look):
            own.earn(10)
        ((sql, params, many, where),) = [found for found in seen if "ledger_earn" in found[0]]
        assert sql.startswith("SELECT * FROM ledger_earn(")
        assert params[:2] == (own.member, 10)
        assert (many, where) == (False, connection)

    def test_may_forbid(self, own):
        def forbid(*args):
            raise AssertionError("nothing is asked here")

        with connection.execute_wrapper(forbid), pytest.raises(AssertionError):
            call("SELECT 1", ())

    def test_may_call_themselves(self, db):
        def ask_too(execute, sql, params, many, context):
            result = execute(sql, params, many, context)
            if params == (1,):
                assert call("SELECT %s", (2,)) == [(2,)]
            return result

        with connection.execute_wrapper(ask_too):
            assert call("SELECT %s", (1,)) == [(1,)]

    def test_captured_queries_have_it_with_its_values_and_its_time(self, own):
        with CaptureQueriesContext(connection) as captured:
            call("SELECT %s, %s::jsonb", (1, Jsonb({"a": 1})))
            call("SELECT %s, %s::jsonb", (2, None))  # prepared before
        assert [query["sql"] for query in captured.captured_queries] == [
            "SELECT %s, %s::jsonb (1, Jsonb({'a': 1}))",
            "SELECT %s, %s::jsonb (2, None)",
        ]
        query = captured.captured_queries[0]
        assert float(query["time"]) >= 0


class TestThreads:
    def test_each_has_a_connection_and_a_cursor_of_its_own(self, db):
        pids = {call("SELECT pg_backend_pid()", ())[0][0]}
        at_once = threading.Barrier(4)

        def work():
            try:
                at_once.wait(timeout=10)
                pids.update(call("SELECT %s, pg_backend_pid()", (n,))[0][1] for n in range(50))
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pids) == 5

    def test_nobody_takes_the_connection_of_another(self, db):
        theirs, found = connections["default"], []

        def work():
            connections["default"] = theirs
            try:
                call("SELECT 1", ())
            except DatabaseError as error:
                found.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert "objects created in a thread can only be used in that same thread" in str(found[0])

    def test_an_event_loop_is_refused(self, db, monkeypatch):
        monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)  # tests with a browser leave it set
        call("SELECT 1", ())

        async def work():
            call("SELECT 1", ())

        # In a thread: a browser of another test may have left a loop in this one.
        with ThreadPoolExecutor(1) as pool, pytest.raises(SynchronousOnlyOperation):
            pool.submit(asyncio.run, work()).result()


def test_a_new_connection_has_a_cursor_of_its_own(own):
    own.earn(10)
    first = run("SELECT pg_backend_pid()")
    connection.close()
    assert call("SELECT pg_backend_pid()", ()) != [first]
    assert own.spend(4).available == 6


def test_what_returns_nothing_is_an_empty_list(db):
    assert call("SET LOCAL application_name = 'calls'", ()) == []
