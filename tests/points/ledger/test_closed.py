"""Nothing but its own functions writes the ledger: not the mall's connection, not a superuser by accident."""

import psycopg
import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import DataError, ProgrammingError, connection, migrations, transaction
from django.db.migrations.state import ProjectState

from points import ledger
from points.ledger import audit, rights, sql
from points.ledger.models import PointsAccount, PointsAllocation, PointsEntry, PointsHold, PointsLot
from tests.points.conftest import AT
from tests.rights import ROLE, superuser

MODELS = [PointsAccount, PointsEntry, PointsLot, PointsHold, PointsAllocation]
TABLES = [model._meta.db_table for model in MODELS]


STATEMENTS = [
    "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE {table} SET {column} = {column} + 1000000",
    "DELETE FROM {table}",
    "MERGE INTO {table} USING (SELECT 1) one ON true WHEN MATCHED THEN UPDATE SET {column} = 1",
    "WITH more AS (UPDATE {table} SET {column} = 1 RETURNING 1) SELECT * FROM more",
    "COPY {table} FROM STDIN",
    "SELECT FROM {table} FOR UPDATE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "DROP TRIGGER {table}_by_functions ON {table}",
]


def statement(text, table):
    return text.format(table=table, column={"points_account": "lifetime_earned"}.get(table, "points"))


def refuses(attempt, match):
    with pytest.raises(ProgrammingError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attempt)


@pytest.fixture
def some(own):
    own.earn(100, key="e")
    own.hold(10, key="h")
    own.spend(5, key="s")
    return own


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("text", STATEMENTS)
def test_the_mall_is_refused(some, table, text):
    refuses(statement(text, table), "permission denied|must be owner")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("text", STATEMENTS[:5])
def test_a_superuser_is_refused_too(some, table, text):
    with superuser():
        refuses(statement(text, table), "only the functions of the ledger")


@pytest.mark.parametrize("table", TABLES)
def test_nor_does_a_name_in_a_comment_help_a_superuser(some, table):
    with superuser():
        for text in STATEMENTS[:3]:
            refuses(
                f"DO $$ BEGIN {statement(text, table)}\n/* ledger_x( */; END $$", "only the functions of the ledger"
            )


@pytest.mark.parametrize("table", TABLES)
def test_the_functions_themselves_delete_nothing(some, table):
    with superuser() as cursor:
        cursor.execute("SET ROLE points_ledger")
        refuses(statement(STATEMENTS[2], table), "can be deleted")
        refuses("UPDATE points_entry SET reason = 'x'", "cannot be changed")
    assert not any("DELETE FROM" in path.read_text() or "TRUNCATE " in path.read_text() for path in sql.files())


@pytest.mark.parametrize("table", TABLES)
def test_nobody_empties_a_table_outside_the_databases_of_tests(some, table):
    with superuser() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT pg_get_functiondef('points_refuse_stranger'::regproc)")
        (definition,) = cursor.fetchone()
        assert definition.count("'test_'") == 1
        cursor.execute(definition.replace("'test_'", "'other'"))
        refuses(f"TRUNCATE {table} CASCADE", "only the functions of the ledger")


@pytest.mark.parametrize("model", MODELS)
def test_so_are_models(some, model):
    row = model.objects.first()
    for act in (row.save, lambda: model.objects.update(**{model._meta.concrete_fields[-1].attname: None})):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            act()
        with superuser(), pytest.raises(ProgrammingError, match="only the functions"), transaction.atomic():
            act()


INSIDE = [
    "SELECT points_take({account}, 99, 1, now())",
    "SELECT points_collect({account}, 99, 1, now(), NULL)",
    "SELECT points_open({other}, now())",
    "SELECT points_give_back({account}, 2, 1, now(), NULL, 99)",
    "SELECT points_lock({account})",
    "SELECT points_post(a, 99, 99, 'refund', 1, 1, 0, now(), 'k', '', '', 'x', NULL, 1) FROM points_account a",
]


@pytest.mark.parametrize("text", INSIDE)
def test_parts_of_the_functions_do_not_work_alone(some, django_user_model, text):
    other = django_user_model.objects.create(username="other", date_joined=AT).pk
    call = text.format(account=some.member, other=other)
    refuses(call, "permission denied")
    if "points_lock" not in text:
        with superuser():
            refuses(call, "only the functions of the ledger")


FORGED = [
    ["SET ROLE points_ledger"],
    ["SELECT set_config('role', 'points_ledger', false)"],
    ["SET session_replication_role = replica"],
    ["CREATE FUNCTION public.ledger_gift() RETURNS integer LANGUAGE sql AS 'SELECT 1'"],
    [
        "CREATE FUNCTION pg_temp.ledger_gift() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS"
        " $$ BEGIN UPDATE points_account SET unspent = 1000000; END $$",
        "SELECT pg_temp.ledger_gift()",
    ],
    ["DO $$ BEGIN UPDATE points_account SET unspent = 1 /* ledger_earn( */; END $$"],
    [
        "CREATE FUNCTION pg_temp.more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER more BEFORE INSERT ON points_lot FOR EACH ROW EXECUTE FUNCTION pg_temp.more()",
    ],
    ["ALTER FUNCTION points_refuse_stranger() RENAME TO other"],
    ["CREATE OR REPLACE FUNCTION points_undated() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'"],
    ["ALTER ROLE points_ledger LOGIN"],
    [f"GRANT points_ledger TO {ROLE}"],
]


@pytest.mark.parametrize("attempts", FORGED, ids=lambda attempts: attempts[0][:60])
def test_nothing_that_the_mall_can_say_passes_for_a_function(some, attempts):
    """In a session that signed in as the mall's role: the tests' own could become again who signed in."""
    with superuser() as cursor:
        cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {ROLE}")
        with pytest.raises(ProgrammingError, match=r"permission denied|must be .*owner|option"), transaction.atomic():
            for attempt in attempts:
                cursor.execute(attempt)
        cursor.execute("RESET SESSION AUTHORIZATION")


@pytest.mark.parametrize("name", [path.stem for path in sql.files()])
def test_a_stranger_may_call_no_function(db, name):
    with superuser() as cursor:
        cursor.execute("CREATE ROLE test_stranger NOLOGIN")
        cursor.execute("GRANT USAGE ON SCHEMA public TO test_stranger")
        may = "SELECT has_function_privilege(%s, %s::regproc, 'EXECUTE')"
        cursor.execute(may, ["test_stranger", name])
        assert cursor.fetchone() == (False,)
        cursor.execute(may, [ROLE, name])
        assert cursor.fetchone() == (True,)


def test_a_stranger_earns_nothing(own):
    with superuser() as cursor:
        cursor.execute("CREATE ROLE test_stranger NOLOGIN")
        cursor.execute("GRANT USAGE ON SCHEMA public TO test_stranger")
        cursor.execute("SET LOCAL ROLE test_stranger")
        refuses(
            f"SELECT ledger_earn({own.member}, 100, 'campaign', 'k', 'x', now(), '', '', NULL, now(), '', NULL)",
            "permission denied for function",
        )


def test_functions_look_for_nothing_in_the_caller_s_schemas(own):
    """What the caller made comes first for the caller alone."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE points_account AS SELECT 1 AS account_id")
        cursor.execute("CREATE TEMP TABLE accounts_user (id bigint)")
        cursor.execute(
            "CREATE FUNCTION pg_temp.gift(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + $2 + 1000'"
        )
        cursor.execute("CREATE OPERATOR pg_temp.+ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = pg_temp.gift)")
        cursor.execute("SET LOCAL search_path = pg_temp, pg_catalog, public")
    own.earn(100, key="e")
    assert own.spend(30).available == 70
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = public")
        cursor.execute("DROP TABLE pg_temp.points_account, pg_temp.accounts_user")
    assert audit.run().breaks == []


OF_THE_LEDGER = [
    '{"pieces": 5}',
    '{"renewed": 5}',
    '{"renewed": ["x"]}',
    '{"pieces": [{"lot": "x"}]}',
    '{"until": "x"}',
    '{"until": "2030-01-01", "renewed": [1]}',
    '{"debt": 1}',
    '{"asked": 1, "policy": "debt", "owed": 1}',
    '{"lost": 1}',
    '{"steps": 5}',
    "[]",
    "5",
    "null",
]


@pytest.mark.parametrize("breakdown", OF_THE_LEDGER)
def test_no_caller_writes_what_the_ledger_says_itself(some, breakdown):
    one = "SELECT ledger_earn({0}, 1, 'campaign', 'k', 'x', now(), '', '', NULL, now(), '', '{1}')"
    many = (
        "SELECT ledger_earn_many('{{{0}}}', '{{1}}', 'campaign', '{{k}}', 'x', ARRAY[now()], '{{\"\"}}', '{{\"\"}}',"
        " ARRAY[NULL::timestamptz], ARRAY[now()], '{{\"\"}}', ARRAY['{1}'::jsonb], ARRAY[NULL::timestamptz])"
    )
    for call in (one, many):
        with pytest.raises(DataError, match="steps alone"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(call.format(some.member, breakdown))
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute(call.format(some.member, '{"steps": [["text", 1]]}'))
            transaction.set_rollback(True)
    assert audit.run().breaks == []


# Where the database's owner may not make roles


@pytest.fixture
def without_role(own):
    """The ledger belongs to a role that may do nothing else, and the mall's connection is that role."""
    with superuser() as cursor:
        cursor.execute("CREATE ROLE test_plain NOLOGIN")
        cursor.execute("GRANT CREATE, USAGE ON SCHEMA public TO test_plain")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO test_plain")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} OWNER TO test_plain")
            cursor.execute(f"REVOKE ALL ON {table} FROM {ROLE}")
        for path in sql.files():
            cursor.execute(f"ALTER FUNCTION {path.stem} OWNER TO test_plain")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET ROLE test_plain")
        yield own


def test_the_triggers_hold_without_a_role(without_role):
    own = without_role
    assert rights.close(connection) is False
    own.earn(100, key="e")
    own.hold(10, key="h")
    own.capture("h", key="c")
    own.refund("c", 5)
    own.clawback("e", 100)
    own.earn(100, key="late", active_from=ledger.UNDATED)
    ledger.set_begin(account=own.member, earned="late", active_from=AT, expires_at=None, by="x", at=AT)
    ledger.expire(accounts=[own.member], by="x", at=AT)
    ledger.earn_many(earnings=[ledger.Earning(own.member, 1, "m", AT)], kind="campaign", by="x")
    for table in TABLES:
        for text in STATEMENTS[:3]:
            refuses(statement(text, table), "only the functions of the ledger")
    refuses("DO $$ BEGIN UPDATE points_account SET unspent = 1 /* ledger_earn( */; END $$", "only the functions")
    refuses(f"SELECT points_collect({own.member}, 99, 1, now(), NULL)", "only the functions of the ledger")


def test_the_command_says_that_it_cannot(without_role):
    with pytest.raises(CommandError, match="GRANT points_ledger TO"):
        call_command("close_ledger")


# The command


def test_the_command_sets_right_what_was_changed(some, capsys):
    with superuser() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE points_lot OWNER TO CURRENT_USER")
        cursor.execute("ALTER FUNCTION ledger_earn OWNER TO CURRENT_USER")
        cursor.execute(f"GRANT ALL ON points_account, points_entry TO {ROLE}, PUBLIC")
        cursor.execute("GRANT EXECUTE ON FUNCTION ledger_spend TO pg_monitor, PUBLIC")
        assert {found.kind for found in audit.run().breaks} == {"owner", "rights"}
        call_command("close_ledger", "--web", ROLE)
        assert "Only its own functions" in capsys.readouterr().out
    assert audit.run().breaks == []
    assert some.earn(1).available == 86
    refuses("UPDATE points_lot SET remaining = 1", "permission denied")


def test_a_new_table_is_open_to_the_mall_at_once(db):
    with superuser() as cursor:
        cursor.execute("CREATE TABLE later (id bigint GENERATED BY DEFAULT AS IDENTITY, name text)")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO later (name) VALUES ('x')")
        cursor.execute("UPDATE later SET name = 'y'")
        cursor.execute("DELETE FROM later")


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (None, "There is no role"),
        ("CREATE ROLE test_unfit SUPERUSER", "is a superuser"),
        ("CREATE ROLE test_unfit; GRANT points_ledger TO test_unfit", "the owner of the ledger"),
    ],
)
def test_a_role_that_could_write_all_the_same_is_refused(db, made, why):
    with superuser() as cursor:
        if made:
            cursor.execute(made)
        with pytest.raises(CommandError, match=why):
            call_command("close_ledger", "--web", "test_unfit")


def test_a_migration_alters_the_tables_as_their_role(db):
    """Of an owner who is no superuser, and so has no rights on them but by becoming the role."""
    with superuser() as cursor:
        cursor.execute("CREATE ROLE test_owner CREATEROLE")
        cursor.execute("GRANT points_ledger TO test_owner WITH INHERIT FALSE, SET TRUE")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET SESSION AUTHORIZATION test_owner")
        refuses("ALTER TABLE points_lot ADD COLUMN gift integer", "must be owner")
        state = ProjectState()
        with connection.schema_editor(atomic=False) as editor:
            become, alter, resign = sql.owned(migrations.RunSQL("ALTER TABLE points_lot ADD COLUMN gift integer"))
            for operation in (become, alter, resign):
                operation.database_forwards("points", editor, state, state)
            sql.install(sql.fingerprint()).database_forwards("points", editor, state, state)
        refuses("ALTER TABLE points_lot DROP COLUMN gift", "must be owner")
        cursor.execute("RESET SESSION AUTHORIZATION")


def test_check_says_when_the_mall_could_write_it(db):
    found = run_checks(databases=["default"], include_deployment_checks=True)
    assert "points.W001" in {finding.id for finding in found}  # the tests sign in as a superuser
    with superuser() as cursor:
        cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {ROLE}")
        found = run_checks(databases=["default"], include_deployment_checks=True)
        assert "points.W001" not in {finding.id for finding in found}
        cursor.execute("RESET SESSION AUTHORIZATION")


def test_who_signs_in_as_the_mall_s_role(some, transactional_db):
    """No way back: over a connection of its own."""
    some.earn(1, key="committed")
    with superuser() as cursor:
        cursor.execute(f"ALTER ROLE {ROLE} LOGIN PASSWORD 'of-the-tests'")
    try:
        settings = connection.get_connection_params() | {"user": ROLE, "password": "of-the-tests"}
        for name in ("cursor_factory", "context", "prepare_threshold", "options"):
            settings.pop(name, None)
        with psycopg.connect(**settings) as mall:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                mall.execute("UPDATE points_account SET unspent = unspent + 1000000")
            mall.rollback()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                mall.execute("SET ROLE points_ledger")
            mall.rollback()
            given = mall.execute(
                "SELECT r_available FROM ledger_spend(%s::bigint, 1, 'redeem', 'k', 'x', %s, '', '')", [some.member, AT]
            )
            assert given.fetchone()
    finally:
        with superuser() as cursor:
            cursor.execute(f"ALTER ROLE {ROLE} NOLOGIN PASSWORD NULL")
