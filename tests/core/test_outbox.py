import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction

from core import clock, outbox, tasks
from core.models import AuditEvent, OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch):
    """A topic ``told`` whose handler remembers what it was called with, and fails on request."""
    calls = []

    def remember(text):
        calls.append(text)
        if text == "broken":
            raise ValueError("no")

    monkeypatch.setitem(outbox._handlers, "told", [remember])
    return calls


def publish(key, text, at=None):
    outbox.publish("told", key=key, at=at or clock.now(), text=text)


def test_a_message_is_handled_once(seen):
    publish("a", "hello")
    assert outbox.drain(at=clock.now()) == (1, 0)
    assert outbox.drain(at=clock.now()) == (0, 0)
    assert seen == ["hello"]


def test_the_same_key_is_one_message(seen):
    publish("a", "hello")
    publish("a", "hello")
    outbox.drain(at=clock.now())
    assert seen == ["hello"]


def test_a_failure_waits_longer_each_time_and_harms_no_other_message(seen):
    at = clock.now()
    publish("a", "broken", at)
    publish("b", "fine", at)
    assert outbox.drain(at=at) == (1, 1)
    message = OutboxMessage.objects.get(key="a")
    assert (message.tries, message.handled_at) == (1, None)
    assert "ValueError: no" in message.last_error
    assert outbox.drain(at=at) == (0, 0)  # not due yet
    assert outbox.drain(at=at + timedelta(seconds=2)) == (0, 1)
    message.refresh_from_db()
    assert message.next_try_at == at + timedelta(seconds=2 + 4)


def test_a_message_that_never_succeeds_stands_in_nobodys_way(seen):
    at = clock.now()
    publish("a", "broken", at)
    OutboxMessage.objects.update(tries=1000)
    publish("b", "fine", at)
    assert outbox.drain(at=at) == (1, 1)
    assert OutboxMessage.objects.get(key="a").next_try_at == at + timedelta(hours=1)


def test_a_topic_that_nobody_handles_is_kept():
    outbox.publish("tolt", key="a", at=clock.now(), text="hello")
    assert outbox.drain(at=clock.now()) == (0, 1)
    assert OutboxMessage.objects.get().last_error == "LookupError: nobody handles tolt"


def test_what_a_failed_handler_wrote_is_undone(monkeypatch):
    def write_then_fail():
        outbox.publish("told", key="written by the handler", at=clock.now())
        raise ValueError("no")

    monkeypatch.setitem(outbox._handlers, "told", [write_then_fail])
    outbox.publish("told", key="a", at=clock.now())
    outbox.drain(at=clock.now())
    assert not OutboxMessage.objects.filter(key="written by the handler").exists()


def test_nothing_is_published_by_a_transaction_that_rolls_back(seen):
    with pytest.raises(RuntimeError), transaction.atomic():
        publish("a", "hello")
        raise RuntimeError
    assert not OutboxMessage.objects.exists()


def test_a_commit_wakes_the_worker(seen, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        publish("a", "hello")
    assert seen == ["hello"]


def test_a_payload_that_is_not_json_is_refused():
    with pytest.raises(TypeError):
        outbox.publish("told", key="a", at=clock.now(), text={json})


def test_staff_may_have_a_failed_message_tried_at_once(seen, monkeypatch):
    at = clock.now()
    publish("a", "broken", at)
    outbox.drain(at=at)
    monkeypatch.setitem(outbox._handlers, "told", [lambda text: seen.append(text)])  # the fault is mended
    message = OutboxMessage.objects.get(key="a")
    assert outbox.retry([message.pk], by="staff:1", at=at) == 1
    assert outbox.drain(at=at) == (1, 0)
    assert outbox.retry([message.pk], by="staff:1", at=at) == 0  # handled ones stay handled
    assert AuditEvent.objects.get().subject == "outbox:a"


def test_workers_are_called_once_until_one_begins(seen, monkeypatch, django_capture_on_commit_callbacks):
    calls = []
    monkeypatch.setattr(tasks.drain_outbox, "apply_async", lambda **_options: calls.append("called"))
    for key in "abc":
        with django_capture_on_commit_callbacks(execute=True):
            publish(key, key)
    assert calls == ["called"]
    tasks.drain_outbox()
    assert seen == ["a", "b", "c"]
    with django_capture_on_commit_callbacks(execute=True):
        publish("d", "d")
    assert calls == ["called"] * 2


def test_a_call_that_got_lost_is_no_obstacle_for_long(seen, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(tasks.drain_outbox, "apply_async", lambda **_options: None)
    with django_capture_on_commit_callbacks(execute=True):
        publish("a", "a")
    assert 0 < cache.ttl(outbox.CALLED) <= outbox.CALL_LASTS_S
    tasks.drain_outbox()  # by beat
    assert seen == ["a"]


def test_handled_messages_are_forgotten_in_time_and_others_never(seen, settings, monkeypatch):
    monkeypatch.setattr("core.pruning.BATCH", 2)
    at = clock.now()
    for number in range(5):
        publish(f"old{number}", "fine", at)
    outbox.drain(at=at)
    OutboxMessage.objects.update(handled_at=at - timedelta(days=30, seconds=1))
    publish("young", "fine", at)
    outbox.drain(at=at)
    publish("waits", "broken", at - timedelta(days=400))
    OutboxMessage.objects.filter(key="waits").update(created_at=at - timedelta(days=400))
    assert outbox.prune(at=at) == 5
    assert set(OutboxMessage.objects.values_list("key", flat=True)) == {"young", "waits"}
    settings.OUTBOX_KEPT_DAYS = 0
    assert outbox.prune(at=at + timedelta(seconds=60)) == 1
    tasks.prune_outbox()
    assert OutboxMessage.objects.get().key == "waits"
