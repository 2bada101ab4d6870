import threading

import pytest
from django.db import connection

from core import audit, clock
from core.db import locking_transaction
from core.errors import Busy
from core.models import AuditEvent


@pytest.mark.django_db(transaction=True)
def test_a_held_row_is_reported_as_busy_and_nothing_is_written(lock_timeout):
    lock_timeout(100)
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
def test_every_session_limits_its_waits(settings):
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::integer FROM pg_settings WHERE name = 'lock_timeout'")
        assert cursor.fetchone() == (settings.LOCK_TIMEOUT_MS,)
