"""Old databases come to today's schema with their rows; new ones never meet a file of the ledger that is older or newer
than their tables."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection

from points.ledger import sql

PROJECT = Path(__file__).resolve().parents[2]
FIRST = Path(__file__).with_name("first_landing.sql")
SCHEMA = """
SELECT concat_ws(' ', 'column', table_name, column_name, data_type, character_maximum_length, is_nullable,
    CASE is_generated WHEN 'ALWAYS' THEN generation_expression ELSE column_default END)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT concat_ws(' ', 'options', relname, array_to_string(reloptions, ', '))
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL
UNION ALL
SELECT concat_ws(' ', pg_get_functiondef(p.oid), 'owner', proowner::regrole)
FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(points|ledger|catalog)_'
UNION ALL
SELECT concat_ws(' ', 'migration', app, name) FROM django_migrations
"""
CASTS = re.compile(r"::character varying|::text|\[\]|[()]")
BOOKS = "SELECT account_id, unspent, held, debt, lifetime_earned, last_seq, encode(head, 'hex') FROM points_account"


@contextmanager
def database(name):
    """``(url, connection)`` of a new, empty database of this process; dropped at the end."""
    name = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    url = os.environ["DATABASE_URL"]
    new = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            with psycopg.connect(new, autocommit=True) as inside:
                yield new, inside
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(url, *command):
    """What a program says, as the mall on that database."""
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "pointsmall.settings"}
    done = subprocess.run([sys.executable, *command], cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_version_s_rows_come_through_all_migrations(db):
    with database("landing") as (url, old):
        old.execute(FIRST.read_text())
        old.execute("SET search_path = public")
        books, orders = old.execute(BOOKS).fetchall(), old.execute("SELECT id, state FROM orders_order").fetchall()
        run(url, "manage.py", "migrate", "--verbosity", "0")
        assert json.loads(run(url, "manage.py", "audit_points", "--json"))["breaks"] == []
        assert sorted(old.execute(BOOKS).fetchall()) == sorted(books)
        assert sorted(old.execute("SELECT id, state FROM orders_order").fetchall()) == sorted(orders)
        assert old.execute("SELECT count(*) FROM points_hold WHERE hash IS NULL").fetchone() == (0,)
        assert old.execute("SELECT state FROM core_approval").fetchall()
        with connection.cursor() as new:  # that of the tests
            assert schema(old) == schema(new)
        assert run(url, "manage.py", "migrate", "--plan").splitlines() == [
            "Planned operations:",
            "  No planned migration operations.",
        ]


def schema(executing):
    """What is in the database of a connection or cursor, a line each. PostgreSQL writes the casts of a constraint that
    was dumped and read again in another way."""
    found = executing.execute(SCHEMA) or executing
    return sorted(CASTS.sub("", line) for (line,) in found.fetchall())


FUTURE = """
CREATE OR REPLACE FUNCTION points_give(g points_gift, p_most points_lot.gift%TYPE) RETURNS points_gift
LANGUAGE plpgsql AS $$
BEGIN
    RETURN g;
END $$;
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER points_gift_stays BEFORE DELETE ON points_gift
    FOR EACH ROW EXECUTE FUNCTION points_refuse_change();
"""
MIGRATE = """
import sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.state import ProjectState
from points.ledger import sql

def install():
    with connection.schema_editor() as editor:
        sql.install(sql.fingerprint()).database_forwards("points", editor, ProjectState(), ProjectState())

sql.FOLDER, sql.SETUP = Path(sys.argv[1]), Path(sys.argv[1], "setup")
call_command("migrate", "points", "0005", verbosity=0)
call_command("migrate", "points", verbosity=0)
with connection.cursor() as cursor:
    print(sql.differences(cursor))
    cursor.execute("CREATE TABLE points_gift (lot integer); ALTER TABLE points_lot ADD COLUMN gift integer")
install()
with connection.cursor() as cursor:
    print(sql.differences(cursor))
"""


def test_files_that_need_a_later_table_break_no_new_database(tmp_path):
    folder = tmp_path / "sql"
    shutil.copytree(sql.FOLDER, folder)
    (folder / "points_give.sql").write_text(FUTURE)
    with (folder / "setup" / "guards.sql").open("a") as guards:
        guards.write(TRIGGER)
    with database("tomorrow") as (url, inside):
        before, after = run(url, "-c", MIGRATE, str(folder)).splitlines()
        assert "points_give" in before
        assert after == "[]"
        assert inside.execute("SELECT 1 FROM pg_trigger WHERE tgname = 'points_gift_stays'").fetchone()
