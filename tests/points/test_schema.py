"""What the tables and functions promise to those who run the ledger."""

import importlib

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import ProtectedError
from django.test.utils import override_settings

from points import ledger, receivers, sql
from points.models import PointsAccount, PointsEntry
from tests.points.conftest import AT

TABLES = {"points_account", "points_entry", "points_lot", "points_allocation", "points_hold"}


def rows(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def test_every_key_contains_the_account(db):
    found = rows(
        "SELECT i.indrelid::regclass::text, array_agg(a.attname::text) FROM pg_index i"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
        " WHERE i.indisunique AND i.indrelid::regclass::text = ANY (%s) GROUP BY i.indexrelid, i.indrelid",
        list(TABLES),
    )
    assert {table for table, _columns in found} == TABLES
    assert all("account_id" in columns for _table, columns in found)


def test_every_foreign_key_contains_the_account(db):
    found = rows(
        "SELECT conname, array_agg(a.attname::text) FROM pg_constraint c"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
        " WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s) GROUP BY conname",
        list(TABLES),
    )
    assert len(found) >= 9
    assert all("account_id" in columns for _name, columns in found)


def test_no_sequence_is_shared(db):
    assert not rows("SELECT relname FROM pg_class WHERE relkind = 'S' AND relname LIKE 'points%%'")


def test_what_remains_of_a_lot_can_change_without_touching_an_index(db):
    assert not rows(
        "SELECT indexdef FROM pg_indexes WHERE tablename = ANY (%s) AND indexdef ~ 'remaining|unspent|held'",
        list(TABLES),
    )


def test_the_functions_of_the_database_are_those_of_the_files(db):
    with connection.cursor() as cursor:
        assert sql.differences(cursor) == []


def test_a_changed_function_file_has_a_migration():
    names = sorted(name for app, name in MigrationLoader(None).disk_migrations if app == "points")
    operations = [
        operation
        for name in names
        for operation in importlib.import_module(f"points.migrations.{name}").Migration.operations
        if hasattr(operation, "fingerprint")
    ]
    assert operations[-1].fingerprint == sql.fingerprint()


def test_every_operation_locks_the_account_first():
    lock = (sql.FOLDER / "points_lock.sql").read_text()
    assert "FROM points_account WHERE account_id = p_account FOR UPDATE" in lock
    operations = [path for path in sql.files() if path.stem.startswith("ledger_")]
    assert len(operations) == 6
    for path in operations:
        declared = path.read_text().partition("DECLARE\n")[2].lstrip()
        assert declared.startswith("a points_account := points_lock(p_account, p_wait_ms);"), path.stem


def test_a_posting_really_holds_the_row_lock(own):
    own.earn(1)
    assert rows("SELECT xmax <> 0 OR xmin::text::bigint > 0 FROM points_account WHERE account_id = %s", own.member)
    assert rows("SELECT 1 FROM pg_locks WHERE relation = 'points_account'::regclass AND mode = 'RowShareLock'")


@override_settings(SIGN_UP_POINTS=200)
def test_a_new_member_is_welcomed_once(member):
    for _ in range(2):
        receivers.give_welcome_points(member_id=member)
    entry = PointsEntry.objects.get(account_id=member)
    assert (entry.points, entry.kind, entry.key) == (200, "sign_up", f"welcome:{member}")


@override_settings(SIGN_UP_POINTS=0)
def test_no_welcome_where_none_is_set(member):
    receivers.give_welcome_points(member_id=member)
    assert not PointsAccount.objects.exists()


def test_a_member_with_points_cannot_be_deleted(own, django_user_model):
    own.earn(1)
    member = django_user_model.objects.get(pk=own.member)
    with pytest.raises(ProtectedError):
        member.delete()
    assert django_user_model.objects.filter(pk=own.member).exists()
    assert ledger.spend(account=own.member, points=1, kind="redeem", key="k", by="x", at=AT).available == 0
