"""Tasks that cannot be sent are kept, and sent when the broker is back."""

import logging
from datetime import timedelta
from time import monotonic

import pytest
from celery import current_app, shared_task

from accounts import tasks as account_tasks
from core import clock, outbox
from core.models import OutboxMessage

pytestmark = pytest.mark.django_db


@shared_task
def told(*args, **kwargs):
    """A task of this test."""


def come_back(broker):
    broker.is_there = True
    broker.passed_s += 3
    return outbox.drain(at=clock.now() + timedelta(minutes=1))


def test_a_task_is_sent(broker):
    told.delay("a", number=1)
    assert broker.sent == [(told.name, ("a",), {"number": 1}, {})]


def test_what_cannot_be_sent_is_kept_and_sent_once_when_the_broker_is_back(broker):
    broker.is_there = False
    told.delay("a", number=1)
    assert outbox.drain(at=clock.now()) == (0, 1)
    assert broker.sent == []
    assert come_back(broker) == (1, 0)
    assert broker.sent == [(told.name, ["a"], {"number": 1}, {"eta": None})]
    assert come_back(broker) == (0, 0)


def test_a_broker_that_dies_between_the_question_and_the_sending_is_away_too(broker, monkeypatch):
    monkeypatch.setattr("core.background.cache.ask", lambda: None)
    broker.is_there = False
    told.delay()
    assert OutboxMessage.objects.count() == 1


def test_the_time_that_it_was_to_begin_at_is_kept(broker):
    broker.is_there = False
    at = clock.now() + timedelta(minutes=30)
    told.apply_async(eta=at)
    told.apply_async(countdown=60)
    come_back(broker)
    (_one, _args, _kwargs, first), (*_rest, second) = broker.sent
    assert first == {"eta": at}
    assert timedelta(seconds=50) < second["eta"] - clock.now() < timedelta(seconds=61)


def test_what_would_be_late_is_dropped(broker, caplog):
    caplog.set_level(logging.WARNING)
    broker.is_there = False
    told.apply_async(expires=10)
    assert not OutboxMessage.objects.exists()
    assert any(record.msg.get("event") == "task_not_sent" for record in caplog.records if isinstance(record.msg, dict))


def test_numbers_and_texts_lie_sealed(broker):
    broker.is_there = False
    account_tasks.send_sms.delay("+8613800001234", "your points end soon")
    payload = str(OutboxMessage.objects.get().payload)
    assert "13800001234" not in payload
    assert "points" not in payload
    come_back(broker)
    ((name, args, _kwargs, options),) = broker.sent
    assert (name, args) == (account_tasks.send_sms.name, ["+8613800001234", "your points end soon"])
    assert options["argsrepr"] == "hidden"


def test_while_it_is_away_nobody_asks_it_again_and_again(broker):
    broker.is_there = False
    broker.asked = 0
    for _ in range(10):
        told.delay()
    assert broker.asked == 1


def test_a_broker_that_hangs_after_the_question_costs_half_a_second(silent_server, monkeypatch):
    monkeypatch.setattr("core.background.cache.ask", lambda: None)
    current_app.conf.task_always_eager = False
    began = monotonic()
    try:
        with current_app.connection_for_write(silent_server) as connection:
            told.apply_async(connection=connection)
    finally:
        current_app.conf.task_always_eager = True
    assert monotonic() - began < 1.5
    assert OutboxMessage.objects.count() == 1
