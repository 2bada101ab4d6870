"""Whatever makes tables and functions the ledger's, the audit names its change: definitions, owners, rights."""

import pytest

from points.ledger import audit, sql
from tests.rights import superuser

TABLES = ["points_account", "points_entry", "points_lot", "points_hold", "points_allocation"]
ALTERED = [
    *(f"ALTER TABLE {table} DISABLE TRIGGER {table}_by_functions" for table in TABLES),
    *(f"DROP TRIGGER {table}_stays ON {table}" for table in TABLES if table != "points_entry"),
    "ALTER TABLE points_entry ENABLE REPLICA TRIGGER points_entry_immutable",
    "CREATE OR REPLACE TRIGGER points_entry_immutable BEFORE UPDATE OR DELETE ON points_entry FOR EACH ROW"
    " WHEN (old.points < 0) EXECUTE FUNCTION points_refuse_change()",
    "CREATE OR REPLACE TRIGGER points_lot_by_functions BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE"
    " ON points_lot FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION points_refuse_stranger()",
    "CREATE OR REPLACE TRIGGER points_lot_by_functions BEFORE INSERT"
    " ON points_lot FOR EACH STATEMENT EXECUTE FUNCTION points_refuse_stranger()",
    "CREATE TRIGGER more BEFORE UPDATE ON points_lot FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "ALTER TABLE points_account DISABLE TRIGGER ALL",
    *(f"ALTER TABLE {table} DROP CONSTRAINT {table}_sound" for table in TABLES),
    "ALTER TABLE points_entry DROP CONSTRAINT points_entry_key",
    "ALTER TABLE points_lot DROP CONSTRAINT points_lot_sound, ADD CONSTRAINT points_lot_sound CHECK (true)",
    "ALTER TABLE points_lot DROP CONSTRAINT points_lot_sound,"
    " ADD CONSTRAINT points_lot_sound CHECK (points_lot_sound(points_lot)) NOT VALID",
    "DROP INDEX points_lot_to_use",
    "ALTER TABLE points_entry ALTER COLUMN hash DROP NOT NULL",
    "ALTER TABLE points_entry ALTER COLUMN reason TYPE varchar(300)",
    "ALTER TABLE points_lot ALTER COLUMN remaining SET DEFAULT 1",
    "ALTER TABLE points_lot ADD COLUMN gift integer",
    "ALTER TABLE points_lot SET UNLOGGED",
    "ALTER TABLE points_lot ENABLE ROW LEVEL SECURITY",
    "CREATE RULE none AS ON DELETE TO points_lot DO INSTEAD NOTHING",
    "CREATE TABLE child () INHERITS (points_entry)",
    "ALTER FUNCTION ledger_spend SECURITY INVOKER",
    "ALTER FUNCTION points_take SECURITY DEFINER",
    "ALTER FUNCTION points_refuse_change STRICT",
    "ALTER FUNCTION ledger_spend STRICT",
    "ALTER FUNCTION ledger_spend SET search_path = evil, public",
    "ALTER FUNCTION ledger_spend RESET ALL",
    "ALTER FUNCTION points_entry_hash IMMUTABLE",
    "DROP FUNCTION points_expire",
    "CREATE FUNCTION ledger_gift() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION points_refuse(p text) RETURNS text LANGUAGE sql AS 'SELECT p'",
]
TAKEN_AWAY = [
    *(f"ALTER TABLE {table} OWNER TO CURRENT_USER" for table in TABLES),
    "ALTER FUNCTION ledger_earn OWNER TO CURRENT_USER",
    "ALTER ROLE points_ledger LOGIN",
    "ALTER ROLE points_ledger SUPERUSER",
    *(f"GRANT {right} ON points_lot TO test_mall" for right in ("INSERT", "UPDATE", "DELETE", "TRIGGER", "ALL")),
    "GRANT UPDATE (remaining) ON points_lot TO test_mall",
    "GRANT UPDATE ON points_account TO PUBLIC",
    "GRANT CREATE ON SCHEMA public TO PUBLIC",
    "GRANT CREATE ON SCHEMA public TO test_mall",
    "GRANT points_ledger TO test_mall",
    "GRANT points_ledger TO pg_monitor",
    "ALTER ROLE test_mall SET session_replication_role = replica",
    "GRANT EXECUTE ON FUNCTION ledger_earn TO PUBLIC",
    "GRANT EXECUTE ON FUNCTION points_take TO pg_monitor",
]


@pytest.mark.parametrize("statement", ALTERED)
def test_names_what_makes_the_tables_and_functions(history, statement):
    with superuser() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
    assert "catalogue" in {found.kind for found in audit.run().breaks}


@pytest.mark.parametrize("statement", TAKEN_AWAY)
def test_names_owners_and_rights(history, statement):
    with superuser() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
    assert {found.kind for found in audit.run().breaks} & {"owner", "rights"}


def test_names_a_function_that_was_replaced(history):
    with superuser() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION points_refuse(p_account bigint, p_points integer, p_at timestamptz)"
            " RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN 0; END $$"
        )
    assert [(found.kind, found.account) for found in audit.run().breaks] == [("function", None)]


def test_names_a_session_whose_triggers_are_off(history):
    with superuser() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    assert [found.kind for found in audit.run().breaks] == ["rights"]


def test_the_catalogue_is_that_of_the_migrations(db):
    """Where this fails after a migration of yours: what is new belongs into
    ``points/ledger/sql/setup/catalogue.txt``."""
    with superuser() as cursor:
        assert sql.catalogue(cursor) == sql.wanted_catalogue()
