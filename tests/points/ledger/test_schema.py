"""What the tables and functions promise to those who run the ledger."""

import shutil

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, connection, transaction
from django.db.migrations.state import ProjectState
from django.db.models import ProtectedError

from points import ledger
from points.earning import receivers
from points.ledger import audit, sql
from points.ledger.models import EARNED, SPENT, UNDATED, Kind, PointsEntry
from tests.points.conftest import AT
from tests.rights import ROLE, superuser, tampering

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


UNSOUND = [
    "UPDATE points_account SET held = -1",
    "UPDATE points_account SET debt = -1",
    "UPDATE points_lot SET remaining = points + 1",
    "UPDATE points_lot SET remaining = -1",
    "UPDATE points_lot SET expires_at = active_from",
    "UPDATE points_allocation SET returned = points + 1",
    "UPDATE points_allocation SET returned = -1",
    "UPDATE points_hold SET state = 'captured'",
    "UPDATE points_hold SET state = 'other'",
    "UPDATE points_hold SET ended_at = now()",
    "UPDATE points_hold SET key = ''",
]


@pytest.mark.parametrize("statement", UNSOUND)
def test_no_row_becomes_unsound(own, statement):
    own.earn(10)
    own.hold(5, key="h")
    with pytest.raises(IntegrityError, match="_sound"), transaction.atomic(), tampering() as cursor:
        cursor.execute(statement)


def test_no_sequence_is_shared(db):
    owners = (
        "SELECT d.refobjid::regclass::text FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'"
        " WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass"
    )
    assert not TABLES & {owner for (owner,) in rows(owners)}


def test_what_remains_of_a_lot_can_change_without_touching_an_index(db):
    assert not rows(
        "SELECT indexdef FROM pg_indexes WHERE tablename = ANY (%s) AND indexdef ~ 'remaining|unspent|held'",
        list(TABLES),
    )


def test_the_functions_of_the_database_are_those_of_the_files(db):
    with connection.cursor() as cursor:
        assert sql.differences(cursor) == []


def test_a_changed_file_asks_for_a_migration(monkeypatch):
    def missing():
        return [finding.hint for finding in run_checks() if finding.id == "points.E001"]

    assert missing() == []
    monkeypatch.setattr(sql, "fingerprint", lambda: "of tomorrow")
    assert missing() == ['Add one to points/migrations: operations = [sql.install("of tomorrow")].']


def test_triggers_and_owner_are_among_the_files(monkeypatch, tmp_path):
    before = sql.fingerprint()
    for name in ("guards.sql", "close.sql", "execute.sql"):
        setup = tmp_path / name
        shutil.copytree(sql.SETUP, setup)
        (setup / name).write_text("-- other")
        monkeypatch.setattr(sql, "SETUP", setup)
        assert sql.fingerprint() != before


def test_every_operation_locks_the_account_first():
    lock = "SELECT * INTO a FROM points_account WHERE account_id = p_account FOR UPDATE;"
    called = "a points_account := points_lock(p_account);"
    assert lock in (sql.FOLDER / "points_lock.sql").read_text()
    many = {"ledger_earn_many", "ledger_expire", "ledger_lock"}  # lock all their accounts first, in order of id
    operations = [path for path in sql.files() if path.stem.startswith("ledger_") and path.stem not in many]
    assert len(operations) == 8
    for path in operations:
        declared, _, body = path.read_text().partition("DECLARE\n")[2].partition("BEGIN\n")
        if not declared.lstrip().startswith(called):
            assert body.lstrip().startswith(lock), path.stem
            assert "(SELECT" not in declared, path.stem


def test_what_an_entry_may_look_like_is_what_the_kinds_say(db):
    for kind in Kind:
        for points in (-1, 0, 1):
            fits = (points > 0 and kind in EARNED) or (points < 0 and kind in SPENT)
            assert rows("SELECT points_entry_sound(%s, %s, NULL, NULL)", kind, points) == [(fits,)]
            assert rows("SELECT points_entry_sound(%s, %s, NULL, 1)", kind, points) == [
                ((kind, points) in {(Kind.REFUND, 1), (Kind.CLAWBACK, -1), (Kind.BEGIN, 0)},)
            ]
            assert rows("SELECT points_entry_sound(%s, %s, 1, NULL)", kind, points) == [(points < 0 and fits,)]
    assert rows("SELECT points_entry_sound('begin', 0, 1, 1)") == [(False,)]
    definition = (
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'points_entry_sound' AND convalidated"
    )
    assert "points_entry_sound" in rows(definition)[0][0]


def test_undated_is_the_same_moment_here_and_there(db):
    assert rows("SELECT points_undated()") == [(UNDATED,)]


def test_a_posting_really_holds_the_row_lock(own):
    own.earn(1)
    assert rows("SELECT xmax <> 0 OR xmin::text::bigint > 0 FROM points_account WHERE account_id = %s", own.member)
    assert rows("SELECT 1 FROM pg_locks WHERE relation = 'points_account'::regclass AND mode = 'RowShareLock'")


def test_a_new_member_is_welcomed_once(member):
    for _ in range(2):
        receivers.give_welcome_points(member_id=member)
    entry = PointsEntry.objects.get(account_id=member)
    assert (entry.points, entry.kind, entry.key) == (200, "sign_up", f"welcome:{member}")


def test_a_member_with_points_cannot_be_deleted(own, django_user_model):
    own.earn(1)
    member = django_user_model.objects.get(pk=own.member)
    with pytest.raises(ProtectedError):
        member.delete()
    assert django_user_model.objects.filter(pk=own.member).exists()
    assert ledger.spend(account=own.member, points=1, kind="redeem", key="k", by="x", at=AT).available == 0


class TestInstalling:
    """Only the last migration does anything, and it may be run again."""

    @pytest.fixture
    def body(self, db):
        return lambda name: rows("SELECT prosrc FROM pg_proc WHERE proname = %s", name)

    @pytest.fixture
    def install(self, db):
        def install(fingerprint):
            with connection.schema_editor(atomic=False) as editor:
                sql.install(fingerprint).database_forwards("points", editor, ProjectState(), ProjectState())

        return install

    @pytest.fixture
    def cursor(self, db):
        with superuser() as cursor:
            yield cursor

    def test_an_early_migration_does_nothing(self, cursor, body, install):
        cursor.execute("CREATE OR REPLACE FUNCTION points_undated() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'")
        cursor.execute("DROP FUNCTION points_outcome")
        install("of before")
        assert body("points_undated") == [("SELECT now()",)]
        assert body("points_outcome") == []

    def test_the_last_brings_all_to_the_files(self, cursor, body, install):
        today = body("points_undated")
        cursor.execute("CREATE OR REPLACE FUNCTION points_undated() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'")
        cursor.execute("DROP FUNCTION points_outcome")
        cursor.execute("DROP TRIGGER points_lot_stays ON points_lot")
        install(sql.fingerprint())
        assert body("points_undated") == today
        assert rows("SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'points_outcome'") == [(sql.ROLE,)]
        assert sql.differences(cursor) == []
        assert sql.catalogue(cursor) == sql.wanted_catalogue()

    def test_old_signatures_and_results_make_way(self, cursor, install):
        cursor.execute(f"SET ROLE {sql.ROLE}")
        cursor.execute("CREATE FUNCTION ledger_spend(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1'")
        cursor.execute("DROP FUNCTION points_outcome")
        signature = next(line for line in sql.wanted_catalogue() if line.startswith("function points_outcome("))
        cursor.execute(f"CREATE {signature.split(' returns ')[0]} RETURNS void LANGUAGE sql AS ''")
        cursor.execute("SET ROLE NONE")
        install(sql.fingerprint())
        assert sql.catalogue(cursor) == sql.wanted_catalogue()
        assert len(rows("SELECT 1 FROM pg_proc WHERE proname = 'ledger_spend'")) == 1

    def test_a_new_function_is_for_the_mall_alone(self, cursor, install):
        cursor.execute("DROP FUNCTION ledger_lock")
        install(sql.fingerprint())
        may = "SELECT has_function_privilege(%s, 'ledger_lock(bigint[])', 'EXECUTE')"
        assert [rows(may, role) for role in (ROLE, "public")] == [[(True,)], [(False,)]]
        assert audit.run().breaks == []

    def test_run_again_it_changes_nothing(self, own, cursor, install):
        own.earn(10)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        install(sql.fingerprint())
        own.spend(4)
        assert audit.run().breaks == []
