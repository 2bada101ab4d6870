"""Rows of statements of our own text: every column of the model, stored as its field stores it."""

import pytest
from django.db import DataError, connection, models

from accounts.models import Notice
from core import clock
from core.call import call
from core.crypto import EncryptedTextField
from core.models import OutboxMessage
from core.rows import Rows


def message(**fields):
    at = clock.now()
    return OutboxMessage(
        **{"topic": "t", "key": "k", "payload": {"a": [1]}, "created_at": at, "next_try_at": at} | fields
    )


def test_a_row_is_what_the_model_would_have_saved(db):
    rows = Rows(OutboxMessage)
    ((pk,),) = call(f"{rows.insert} RETURNING id", rows.values(sent := message()))
    stored = OutboxMessage.objects.get(pk=pk)
    names = [field.attname for field in rows.fields]
    assert [getattr(stored, name) for name in names] == [getattr(sent, name) for name in names]
    assert set(names) == {field.attname for field in OutboxMessage._meta.fields} - {"id"}


def test_many_rows(db):
    rows = Rows(OutboxMessage)
    sent = [
        message(key="a", payload={"n": [1, {}]}),
        message(key="b", tries=2),
        message(key="c", handled_at=clock.now()),
    ]
    call(
        f"INSERT INTO {rows.table} ({rows.columns}) SELECT * FROM unnest({rows.arrays}) RETURNING id",  # noqa: S608 - names of a model
        rows.lists(sent),
    )
    stored = OutboxMessage.objects.order_by("key")
    assert [(row.payload, row.tries, row.handled_at) for row in stored] == [
        (row.payload, row.tries, row.handled_at) for row in sent
    ]


def test_a_new_field_is_written_and_encrypted(with_field):
    with_field(OutboxMessage, "secret", EncryptedTextField(default="3号门"))
    with_field(OutboxMessage, "weight", models.SmallIntegerField(default=7))
    rows = Rows(OutboxMessage)
    call(f"{rows.insert} RETURNING id", rows.values(message()))
    stored = OutboxMessage.objects.get()
    assert (stored.secret, stored.weight) == ("3号门", 7)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM core_outboxmessage")
        assert "3号门" not in cursor.fetchone()[0]


def test_what_is_too_long_is_refused_and_not_cut(db):
    rows = Rows(OutboxMessage)
    with pytest.raises(DataError):
        call(f"{rows.insert} RETURNING id", rows.values(message(topic="x" * 65)))


def test_what_the_statement_fills_in_is_left_out():
    assert "member_id" not in Rows(Notice, "member").columns
    assert '"values"' in Rows(Notice, "member").columns
    with pytest.raises(ValueError, match="membre"):
        Rows(Notice, "membre")
