"""Counters with a window: exactly as many as may, whoever asks at once and whatever else fails (A3, A9)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from core import limits
from core.models import Counter

AT = datetime(2026, 11, 20, 1, 12, tzinfo=UTC)
ASKERS = 64


def after(seconds):
    return AT + timedelta(seconds=seconds)


def taken(times, spans, who="lin", at=AT):
    return sum(limits.take("act", who, spans, at=at) for _time in range(times))


@pytest.mark.django_db
@pytest.mark.parametrize(("most", "passes"), [(0, 0), (1, 1), (3, 3)])
def test_as_many_as_may(most, passes):
    assert taken(5, [(most, 60)]) == passes
    assert taken(5, [(most, 60)], who="another") == passes


@pytest.mark.django_db
def test_a_window_begins_with_its_first_count_and_ends_once():
    assert taken(3, [(2, 60)]) == 2
    assert taken(1, [(2, 60)], at=after(59.9)) == 0
    assert taken(3, [(2, 60)], at=after(60)) == 2
    assert taken(1, [(2, 60)], at=after(119.9)) == 0
    assert taken(3, [(2, 60)], at=after(120)) == 2


@pytest.mark.django_db
def test_impatience_costs_no_day():
    spans = [(1, 60), (3, 86_400)]
    assert [taken(5, spans, at=after(60 * minute)) for minute in range(5)] == [1, 1, 1, 0, 0]


@pytest.mark.django_db
def test_what_is_given_back_may_be_taken_again():
    spans = [(2, 60), (2, 600)]
    assert taken(2, spans) == 2
    limits.give_back("act", "lin", spans, at=AT)
    assert taken(2, spans) == 1
    limits.give_back("act", "nobody", spans, at=AT)
    assert taken(3, spans, who="nobody") == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("later_s", "wait_s"), [(0, 600), (30, 570), (30.5, 570), (600, 1)])
def test_how_long_to_wait_until_every_span_lets_pass(later_s, wait_s):
    spans = [(1, 60), (1, 600), (5, 86_400)]
    taken(1, spans)
    assert limits.wait_s("act", "lin", spans, at=after(later_s)) == wait_s
    assert limits.wait_s("act", "nobody", spans, at=AT) == 1


@pytest.mark.django_db
def test_counters_that_are_over_are_forgotten_and_others_stay():
    taken(1, [(2, 60), (2, 600)])
    assert limits.prune(at=after(60)) == 1
    assert taken(2, [(2, 600)], at=after(60)) == 1


@pytest.mark.django_db
def test_no_name_of_a_person_is_kept():
    taken(1, [(2, 60)], who="+8613800000001")
    assert "13800000001" not in Counter.objects.get().name


@pytest.mark.django_db(transaction=True)
def test_counts_outlive_the_cache_and_a_rolled_back_act():
    assert taken(2, [(2, 86_400)]) == 2
    cache.clear()
    assert taken(1, [(2, 86_400)]) == 0
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        limits.take("act", "lin", [(2, 60)], at=AT)  # would be rolled back with the act


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", [False, True], ids=["a first window", "a window that just ended"])
def test_64_at_once(again):
    spans = [(5, 60), (50, 600)]
    if again:
        taken(5, spans, at=after(-60))
    start = threading.Barrier(ASKERS)

    def ask(_number):
        try:
            with connection.cursor() as cursor:  # connected before the start
                cursor.execute("SELECT 1")
            start.wait(timeout=30)
            return limits.take("act", "lin", spans, at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(ASKERS) as pool:
        assert sum(pool.map(ask, range(ASKERS))) == 5
