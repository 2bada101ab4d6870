"""A call keeps the habits of Django's connection though it does not use Django's cursor."""

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

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


def test_a_transaction_that_lost_its_statements_is_broken_and_the_next_one_goes_on(own):
    own.earn(10)
    with pytest.raises(DatabaseError), transaction.atomic():
        run("DEALLOCATE ALL")
        own.earn(5)
    with transaction.atomic():
        own.earn(5)
    assert available(own.member) == 15


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
