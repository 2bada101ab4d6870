"""Whatever is changed past the ledger, the audit names it."""

import json

import pytest
from django.core.management import call_command
from django.db import DataError, IntegrityError, models, transaction
from django.db.models import GeneratedField

from points.ledger import audit
from points.ledger.models import PointsAccount, PointsAllocation, PointsEntry, PointsHold, PointsLot
from tests.rights import superuser, tampering

TAMPER = {
    "entry points": ("UPDATE points_entry SET points = points - 1 WHERE seq = 6", "hash"),
    "entry words": ("UPDATE points_entry SET reason = 'other' WHERE seq = 6", "hash"),
    "entry moment": ("UPDATE points_entry SET at = at - interval '1 microsecond' WHERE seq = 2", "hash"),
    "entry breakdown": ("UPDATE points_entry SET breakdown = '{}' WHERE seq = 1", "hash"),
    "entry balance": ("UPDATE points_entry SET balance_after = balance_after + 1 WHERE seq = 4", "running balance"),
    "entry hash": ("UPDATE points_entry SET hash = sha256(hash) WHERE seq = 4", "hash"),
    "entry gone": ("DELETE FROM points_entry WHERE seq = 6", "allocation"),
    "last entry gone": ("DELETE FROM points_entry WHERE seq = 14", "head"),
    "lot remaining": ("UPDATE points_lot SET remaining = remaining + 1 WHERE seq = 2", "lot"),
    "lot points": ("UPDATE points_lot SET points = points + 1 WHERE seq = 2", "lot of entry"),
    "lot end": ("UPDATE points_lot SET expires_at = expires_at + interval '1 year' WHERE seq = 2", "lot of entry"),
    "lot without end": ("UPDATE points_lot SET expires_at = NULL WHERE seq = 2", "lot of entry"),
    "lot begin": ("UPDATE points_lot SET active_from = active_from - interval '1 s' WHERE seq = 2", "lot of entry"),
    "grace lot end": ("UPDATE points_lot SET expires_at = NULL WHERE origin IS NOT NULL", "grace lot"),
    "lot gone": ("DELETE FROM points_lot WHERE seq = 2", "lot of entry"),
    "grace lot of another": ("UPDATE points_lot SET origin = 99 WHERE origin IS NOT NULL", "grace lot"),
    "grace lot gone": ("DELETE FROM points_lot WHERE origin IS NOT NULL", "numbers"),
    "unspent": ("UPDATE points_account SET unspent = unspent + 1", "balance"),
    "held": ("UPDATE points_account SET held = held + 1", "held"),
    "debt": ("UPDATE points_account SET debt = debt + 1", "entries"),
    "debt let go": ("UPDATE points_account SET debt = debt - 5, held = held - 5", "debt"),
    "debt paid by nobody": ("UPDATE points_allocation SET points = points + 1 WHERE taker = 13", "debt"),
    "clawback of more": ("UPDATE points_entry SET points = -101 WHERE seq = 13", "clawback"),
    "clawback of another": ("UPDATE points_entry SET reverses = 4 WHERE seq = 13", "clawback"),
    "correction of nothing": ("UPDATE points_entry SET reverses = 99 WHERE seq = 13", "correction"),
    "earned": ("UPDATE points_account SET lifetime_earned = lifetime_earned + 1", "earned"),
    "head": ("UPDATE points_account SET head = sha256(head)", "head"),
    "number": ("UPDATE points_account SET last_seq = last_seq + 1", "numbers"),
    "pending": ("UPDATE points_account SET pending_until = pending_until - interval '1 year'", "pending"),
    "allocation points": ("UPDATE points_allocation SET points = points + 1 WHERE taker = 6", "allocation"),
    "allocation returned": ("UPDATE points_allocation SET returned = returned - 1 WHERE returned > 0", "refund"),
    "allocation lot": ("UPDATE points_allocation SET lot = 1 WHERE taker = 6", "lot"),
    "allocation gone": ("DELETE FROM points_allocation WHERE taker = 6", "allocation"),
    "allocation of nobody": ("UPDATE points_allocation SET taker = 99 WHERE taker = 6", "allocation"),
    "hold points": ("UPDATE points_hold SET points = points + 1 WHERE seq = 9", "allocation"),
    "hold open again": (
        "UPDATE points_hold SET state = 'open', ended_at = NULL, release_key = NULL, outcome = NULL WHERE seq = 5",
        "hold",
    ),
    "hold by another": ("UPDATE points_hold SET by = 'staff:1' WHERE seq = 9", "hold hash"),
    "hold for another": ("UPDATE points_hold SET source = 'order:2' WHERE seq = 3", "hold hash"),
    "hold of another day": ("UPDATE points_hold SET at = at - interval '1 day' WHERE seq = 5", "hold hash"),
    "account opened earlier": ("UPDATE points_account SET opened_at = opened_at - interval '1 year'", "opened"),
    "pending for ever": ("UPDATE points_account SET pending_until = pending_until + interval '1 year'", "pending"),
    "order of lots": ("UPDATE points_allocation SET position = 2 WHERE taker = 6", "allocation"),
    "hold gone": ("DELETE FROM points_hold WHERE seq = 9", "held"),
    "capture taken away": ("UPDATE points_hold SET entry_seq = 6 WHERE seq = 3", "hold"),
    "release rewritten": ("UPDATE points_hold SET outcome = '{\"pieces\": []}' WHERE seq = 5", "give back"),
}


# Another value of a column, by its type; by none, a column of a new type asks for one.
OTHER = {
    models.IntegerField: "{0} + 1",
    models.BigIntegerField: "{0} + 1",
    models.ForeignKey: "{0} + 1",
    models.OneToOneField: "{0} + 1",
    models.CharField: "{0} || 'x'",
    models.DateTimeField: "{0} + interval '1 second'",
    models.BinaryField: "sha256({0})",
    models.JSONField: "{0} || '{{\"x\": 1}}'",
}
A_VALUE = {
    models.IntegerField: "1",
    models.CharField: "'x'",
    models.DateTimeField: "'2027-01-01 00:00+08'",
    models.JSONField: "'{}'",
}


def changes():
    """One change for each column of each table of the ledger, one more for NULL in place of a value, and one for a
    value in place of NULL: ``(table, column, new value, which rows)``."""
    for model in (PointsAccount, PointsEntry, PointsLot, PointsHold, PointsAllocation):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, GeneratedField | models.CompositePrimaryKey):
                continue
            table, column = model._meta.db_table, field.column
            yield table, column, OTHER[type(field)].format(column), f"{column} IS NOT NULL"
            if field.null:
                yield table, column, "NULL", f"{column} IS NOT NULL"
            if field.null and (table, column) != ("points_hold", "hash"):  # no row of today is without
                yield table, column, A_VALUE[type(field)], f"{column} IS NULL"


@pytest.mark.parametrize(("table", "column", "value", "rows"), list(changes()))
def test_names_any_column_of_any_row(history, table, column, value, rows):
    """Row after row, of those that have such a value. What a constraint refuses nobody needs to find."""
    number = {"points_account": "account_id", "points_allocation": "taker"}.get(table, "seq")
    with superuser() as cursor:
        cursor.execute(f"SELECT DISTINCT {number} FROM {table} WHERE {rows}")  # noqa: S608 - names of ours
        numbers = [row[0] for row in cursor.fetchall()]
    assert numbers
    for row in numbers:
        with transaction.atomic():
            try:
                with transaction.atomic(), tampering() as cursor:
                    cursor.execute(
                        f"UPDATE {table} SET {column} = {value} WHERE {number} = %s AND {rows}",  # noqa: S608
                        [row],
                    )
                    assert cursor.rowcount >= 1
            except (DataError, IntegrityError):
                continue
            assert audit.run().breaks, (table, column, row)
            transaction.set_rollback(True)


def test_a_generated_column_cannot_be_changed(history):
    with pytest.raises(Exception, match="can only be updated to DEFAULT"), transaction.atomic(), tampering() as cursor:
        cursor.execute("UPDATE points_lot SET open = NOT open")


@pytest.mark.parametrize(("statement", "kind"), TAMPER.values(), ids=TAMPER)
def test_names_what_was_changed(history, statement, kind):
    with tampering() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount >= 1
    breaks = audit.run().breaks
    assert kind in {found.kind for found in breaks}
    assert {found.account for found in breaks} == {history.member}


UNREADABLE = [
    '{"pieces": 5}',
    '{"pieces": null}',
    '{"pieces": [5]}',
    '{"pieces": [{"lot": "x"}]}',
    '{"pieces": [{"lot": 1, "points": 99999999999, "grace": true}]}',
    '{"pieces": [{"lot": 1, "points": 1, "grace": false, "expires_at": "x"}]}',
    '{"renewed": 5}',
    '{"renewed": ["x"]}',
    '{"until": "x"}',
    '{"until": "2026-13-45", "renewed": [1]}',
    '{"debt": "x"}',
    "[]",
    "5",
]


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("where", ["breakdown", "outcome"])
def test_names_what_cannot_be_read_and_goes_on(history, where, text):
    table, rows = {
        "breakdown": ("points_entry", "true"),
        "outcome": ("points_hold", "state = 'released'"),
    }[where]
    with tampering() as cursor:
        cursor.execute(f"UPDATE {table} SET {where} = %s WHERE {rows}", [text])  # noqa: S608 - names of ours
        cursor.execute("UPDATE points_account SET held = held + 1")
    assert {"breakdown", "held"} <= {found.kind for found in audit.run().breaks}


def test_names_rows_without_an_account(history):
    with transaction.atomic():
        with tampering() as cursor:
            cursor.execute("DELETE FROM points_account")
        assert "account" in {found.kind for found in audit.run().breaks}
        transaction.set_rollback(True)


def test_the_command_says_all_is_well(history, capsys):
    call_command("audit_points", "--json")
    assert json.loads(capsys.readouterr().out) == {"accounts": 1, "entries": 10, "breaks": []}
    call_command("audit_points")
    assert "no break" in capsys.readouterr().out


def test_the_command_exits_with_one_and_names_account_and_kind(history, capsys):
    with tampering() as cursor:
        cursor.execute("UPDATE points_account SET held = held + 1, unspent = unspent - 1")
    with pytest.raises(SystemExit) as exit_code:
        call_command("audit_points", "--json")
    assert exit_code.value.code == 1
    breaks = json.loads(capsys.readouterr().out)["breaks"]
    assert {(found["account"], found["kind"]) for found in breaks} == {
        (history.member, "balance"),
        (history.member, "held"),
    }
    with pytest.raises(SystemExit):
        call_command("audit_points")
    assert f"account {history.member}: held" in capsys.readouterr().out
