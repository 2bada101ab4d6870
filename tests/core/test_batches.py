"""One row that cannot be worked on stops no other."""

import pytest
from django.db import InterfaceError, OperationalError, connection

from accounts.models import User
from core import clock
from core.batches import in_parts, one_by_one
from core.errors import Busy, DomainError

pytestmark = pytest.mark.django_db


def worked(items, work):
    done = list(in_parts(items, work))
    assert [item for part, _outcome in done for item in part] == items
    return done


@pytest.mark.parametrize("bad", [set(), {0}, {6}, {2, 3}, set(range(7))])
def test_all_but_the_bad_ones(bad):
    def make(part):
        for number in part:
            User.objects.create(username=f"u{number}", date_joined=clock.now())
        if bad & set(part):
            raise ValueError
        return len(part)

    done = worked(list(range(7)), make)
    assert {part[0] for part, outcome in done if isinstance(outcome, ValueError)} == bad
    assert sum(outcome for _part, outcome in done if type(outcome) is int) == 7 - len(bad)
    assert {user.username for user in User.objects.all()} == {f"u{number}" for number in set(range(7)) - bad}


def test_an_error_of_the_database_breaks_nothing_around_it():
    def ask(part):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / %s", [min(part)])
            return cursor.fetchone()

    assert [part for part, outcome in worked([3, 0, 1], ask) if outcome == (0,) or outcome == (1,)] == [[3], [1]]
    assert User.objects.count() == 0


def test_of_the_moment_and_not_of_an_item():
    def wait(part):
        raise Busy

    ((part, outcome),) = worked([1, 2, 3], wait)
    assert (part, type(outcome)) == ([1, 2, 3], Busy)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_what_is_no_item_s_fault_is_raised(error):
    def lose(part):
        raise error

    with pytest.raises(error):
        list(in_parts([1, 2], lose))


def test_one_by_one():
    def half(number):
        if number % 2:
            raise DomainError
        return number // 2

    assert [outcome if type(outcome) is int else type(outcome) for outcome in one_by_one([1, 2, 3, 4], half)] == [
        DomainError, 1, DomainError, 2,
    ]  # fmt: skip
