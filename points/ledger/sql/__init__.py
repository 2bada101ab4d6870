"""The functions of the ledger, one a file, named as the file. ``points.ledger`` calls those that begin with
``ledger_``: they are the only ones that may write its tables, and run with the rights of the role that owns them.

``setup/`` has what is no function: triggers (``guards.sql``), the role of the ledger (``close.sql``), who may call its
functions (``execute.sql``), what the mall's own role needs beside it (``open_to.sql``), and how PostgreSQL's catalogue
must show all of it (``catalogue.txt``).

To change any of it: edit its file and add a migration with ``install(<fingerprint()>)``; ``manage.py check`` says so
when it is missing. Only the last such migration does anything: it brings the database to the files of today. Those
before it do nothing, so that no file meets a table that is older than itself. This has three consequences:

- a migration that needs a function, for a constraint or for rows, creates it by a text of its own (0001, 0009, 0025);
- functions with a name of the ledger that have no file are dropped. Where processes of the version before still call an
  old signature, its file stays for one release;
- a migration that alters a table of the ledger does so as its role: ``operations = owned(migrations.AddField(...))``.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from django.db import ProgrammingError, migrations, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import StateApps
from psycopg.errors import InvalidFunctionDefinition

FOLDER = Path(__file__).parent
SETUP = FOLDER / "setup"
ROLE = "points_ledger"
BODY = re.compile(r"AS \$\$(.*)\$\$;\s*\Z", re.DOTALL)
OWNER = "SELECT relowner::regrole::text FROM pg_class WHERE oid = to_regclass('points_account')"
FUNCTIONS = """
SELECT proname, oid::regprocedure::text, prosrc FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(points|ledger)_'
"""


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.sql"))


def fingerprint() -> str:
    """A short hash of all that ``install`` brings; migrations name it, so that a changed file asks for a migration."""
    installed = [*files(), SETUP / "guards.sql", SETUP / "close.sql", SETUP / "execute.sql"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in installed)).hexdigest()[:16]


# Operations of migrations


class Install(migrations.RunPython):
    """Brings functions, triggers and owner to the files, if ``named`` is their fingerprint; nothing otherwise."""

    def __init__(self, named: str) -> None:
        super().__init__(self._act, migrations.RunPython.noop)
        self.fingerprint = named

    def _act(self, apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        """The ledger as its files have it"""  # said by migrate --plan
        if self.fingerprint == fingerprint():
            install_now(schema_editor.connection)


def install(named: str) -> Install:
    """Bring the ledger to the files, as the last migration that changes them."""
    return Install(named)


def owned(*operations: Operation) -> list[Operation]:
    """``operations`` by the role that the tables belong to, as a list."""
    return [_run(_become), *operations, _run(_resign)]


def _run(act: Callable[[BaseDatabaseSchemaEditor], None]) -> migrations.RunPython:
    return migrations.RunPython(lambda apps, schema_editor: act(schema_editor), migrations.RunPython.noop)


def _become(schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        _become_role(cursor)


def _resign(schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in schema_editor.deferred_sql:  # what Django would do at the end: indexes, keys
        schema_editor.execute(statement)
    schema_editor.deferred_sql.clear()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


# What they do


def install_now(connection: BaseDatabaseWrapper) -> None:
    """Bring functions, triggers and owner to the files. Run again, it changes nothing."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        _become_role(cursor)
        _drop_strangers(cursor)
        cursor.execute("SET LOCAL check_function_bodies = off")  # they call each other: their order must not matter
        for path in files():
            _create(connection, cursor, path)
        cursor.execute((SETUP / "guards.sql").read_text())
        cursor.execute((SETUP / "execute.sql").read_text())
        cursor.execute("RESET ROLE")
        if not _belongs_to_role(cursor):
            close_now(connection)


def _create(connection: BaseDatabaseWrapper, cursor: CursorWrapper, path: Path) -> None:
    try:
        with transaction.atomic(connection.alias):
            cursor.execute(path.read_text())
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InvalidFunctionDefinition):  # it returns something else, or renames
            raise
        cursor.execute(f"DROP FUNCTION {path.stem}")
        cursor.execute(path.read_text())


def _drop_strangers(cursor: CursorWrapper) -> None:
    """Functions without a file, and old signatures of those that have one."""
    wanted = {line.split(" returns ")[0] for line in wanted_catalogue() if line.startswith("function ")}
    cursor.execute(FUNCTIONS)
    for _name, signature, _body in cursor.fetchall():
        if f"function {signature}" not in wanted:
            cursor.execute(f"DROP FUNCTION {signature}")


# The role


def close_now(connection: BaseDatabaseWrapper) -> bool:
    """Give the ledger to ``points_ledger``. False where the database's owner may not make or become that role."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute((SETUP / "close.sql").read_text())
        cursor.execute((SETUP / "execute.sql").read_text())
        return _belongs_to_role(cursor)


def open_to(connection: BaseDatabaseWrapper, role: str) -> None:
    """Give ``role`` what the mall needs beside the ledger."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('points.opened_to', %s, true)", [role])
        cursor.execute((SETUP / "open_to.sql").read_text())
        cursor.execute((SETUP / "execute.sql").read_text())


def _become_role(cursor: CursorWrapper) -> None:
    if _belongs_to_role(cursor):
        cursor.execute(f"SET ROLE {ROLE}")


def _belongs_to_role(cursor: CursorWrapper) -> bool:
    cursor.execute(OWNER)
    return bool(cursor.fetchone() == (ROLE,))


# What the audit compares


def audits() -> list[str]:
    """The statements of the audit; see ``points.ledger.audit``."""
    return [path.read_text() for path in sorted((FOLDER / "audit").glob("*.sql"))]


def differences(cursor: CursorWrapper) -> list[str]:
    """Names of functions that are missing in the database, differ from their file, or have no file."""
    wanted = {(path.stem, _body(path)) for path in files()}
    return sorted({name for name, _body in _functions(cursor) ^ wanted})


def _body(path: Path) -> str:
    found = BODY.search(path.read_text())
    if found is None:
        raise ValueError(f"{path.name} holds no function")
    return found[1]


def _functions(cursor: CursorWrapper) -> set[tuple[str, str]]:
    cursor.execute(FUNCTIONS)
    return {(name, body) for name, _signature, body in cursor.fetchall()}


def catalogue(cursor: CursorWrapper) -> list[str]:
    """How tables, constraints, indexes, triggers and functions of the ledger stand in the database: lines of text."""
    cursor.execute((SETUP / "catalogue.sql").read_text())
    return sorted(line for (line,) in cursor.fetchall())


def wanted_catalogue() -> list[str]:
    """The same lines as the migrations leave them."""
    return (SETUP / "catalogue.txt").read_text().splitlines()
