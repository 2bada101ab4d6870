import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import audit, clock
from core.db import locking_transaction
from core.errors import Busy
from core.models import AuditEvent


@pytest.mark.django_db(transaction=True)
def test_a_held_row_is_reported_as_busy_and_nothing_is_written(settings):
    settings.LOCK_TIMEOUT_MS = 100
    event = audit.record("test.made", by="system:test", subject="test:1", at=clock.now())
    locked, done = threading.Event(), threading.Event()

    def hold():
        with locking_transaction():
            AuditEvent.objects.select_for_update().get(pk=event.pk)
            locked.set()
            done.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(10)
    try:
        with pytest.raises(Busy), locking_transaction():
            audit.record("test.lost", by="system:test", subject="test:2", at=clock.now())
            AuditEvent.objects.select_for_update().get(pk=event.pk)
    finally:
        done.set()
        holder.join()
    assert not AuditEvent.objects.filter(event="test.lost").exists()


@pytest.mark.django_db
def test_inside_another_the_limit_is_known(settings):
    settings.LOCK_TIMEOUT_MS = 123

    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return cursor.fetchone()[0]

    with CaptureQueriesContext(connection) as outer, locking_transaction():
        with locking_transaction():
            assert limit() == "123ms"
        with pytest.raises(Busy), locking_transaction():
            raise Busy
        assert limit() == "123ms"
    assert sum("lock_timeout = " in query["sql"] for query in outer.captured_queries) == 1
    settings.LOCK_TIMEOUT_MS = 456
    with locking_transaction():
        assert limit() == "456ms"
