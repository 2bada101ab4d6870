"""Whatever is changed past the ledger, the audit names it."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from points import audit
from tests.points.conftest import AT, tampering


@pytest.fixture
def history(own):
    """Entries 1, 2, 4, 6, 7, 10 to 13; holds 3 (captured), 5 (released), 9 (open); grace lot 8; 45 owed."""
    own.earn(100, expires_at=AT + timedelta(days=1))  # 1
    own.earn(200, expires_at=AT + timedelta(days=90))  # 2
    own.hold(110, key="a")  # 3
    own.capture("a", key="b")  # 4
    own.hold(50, key="c")  # 5
    own.release("c", key="d")
    own.spend(20, key="e")  # 6
    own.refund("b", 60, key="f", at=AT + timedelta(days=30))  # 7, grace lot 8
    own.hold(10, key="g")  # 9
    own.earn(100, key="h", expires_at=None)  # 10
    own.earn(5, expires_at=AT + timedelta(days=1))  # 11, ends and lies there
    own.spend(265, key="i", at=AT + timedelta(days=2))  # 12
    own.clawback("h", 100, key="j", at=AT + timedelta(days=2))  # 13: 5 of its own, 50 of the grace lot, 45 owed
    assert audit.run().breaks == []
    return own


TAMPER = {
    "entry points": ("UPDATE points_entry SET points = points - 1 WHERE seq = 6", "hash"),
    "entry words": ("UPDATE points_entry SET reason = 'other' WHERE seq = 6", "hash"),
    "entry moment": ("UPDATE points_entry SET at = at - interval '1 microsecond' WHERE seq = 2", "hash"),
    "entry breakdown": ("UPDATE points_entry SET breakdown = '{}' WHERE seq = 1", "hash"),
    "entry balance": ("UPDATE points_entry SET balance_after = balance_after + 1 WHERE seq = 4", "running balance"),
    "entry hash": ("UPDATE points_entry SET hash = sha256(hash) WHERE seq = 4", "hash"),
    "entry gone": ("DELETE FROM points_entry WHERE seq = 6", "allocation"),
    "last entry gone": ("DELETE FROM points_entry WHERE seq = 13", "head"),
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
    "hold gone": ("DELETE FROM points_hold WHERE seq = 9", "held"),
    "capture taken away": ("UPDATE points_hold SET entry_seq = 6 WHERE seq = 3", "hold"),
    "release rewritten": ("UPDATE points_hold SET outcome = '{\"pieces\": []}' WHERE seq = 5", "give back"),
}


@pytest.mark.parametrize(("statement", "kind"), TAMPER.values(), ids=TAMPER)
def test_names_what_was_changed(history, statement, kind):
    with tampering() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount >= 1
    breaks = audit.run().breaks
    assert kind in {found.kind for found in breaks}
    assert {found.account for found in breaks} == {history.member}


def test_names_rows_without_an_account(history):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM points_account")
        assert "account" in {found.kind for found in audit.run().breaks}
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("table", "trigger"),
    [("entry", "immutable"), ("account", "stays"), ("lot", "stays"), ("hold", "stays"), ("allocation", "stays")],
)
def test_names_a_trigger_that_is_off(history, table, trigger):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE points_{table} DISABLE TRIGGER points_{table}_{trigger}")
    assert [found.kind for found in audit.run().breaks] == ["guard"]


def test_names_a_function_that_was_replaced(history):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION points_refuse(p_account bigint, p_points integer, p_at timestamptz)"
            " RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN 0; END $$"
        )
    assert [(found.kind, found.account) for found in audit.run().breaks] == [("function", None)]


@pytest.mark.parametrize("statement", ["UPDATE points_entry SET reason = 'x'", "DELETE FROM points_entry"])
def test_entries_cannot_be_changed_or_deleted(history, statement):
    with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_entries_cannot_be_truncated_outside_the_databases_of_tests(history):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'points_entry_no_truncate'")
        definition = cursor.fetchone()[0]
        assert "'test_'" in definition
        cursor.execute("DROP TRIGGER points_entry_no_truncate ON points_entry")
        condition = definition[definition.index("WHEN") : definition.index("EXECUTE")]
        cursor.execute(definition.replace(condition, ""))
    with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE points_entry CASCADE")


def test_the_command_says_all_is_well(history, capsys):
    call_command("audit_points", "--json")
    assert json.loads(capsys.readouterr().out) == {"accounts": 1, "entries": 9, "breaks": []}
    call_command("audit_points")
    assert "no break" in capsys.readouterr().out


def test_the_command_exits_with_one_and_names_account_and_kind(history, capsys):
    with connection.cursor() as cursor:
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
