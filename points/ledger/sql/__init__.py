"""The functions of the ledger, one a file, named as the file. ``points.ledger`` calls those that begin with
``ledger_``: they are the only ones that may write its tables, and run with the rights of the role that owns them.

To change one: edit its file (drop the old signature in the migration where the arguments change) and add a migration
with ``install(<fingerprint()>)``. Tests fail when the database, the files and the latest migration do not agree.

The last such migration brings all functions to the files of today. Those before it, which may come long before the
columns that the files speak of, make only what is not there yet, and leave out what needs a type that comes later.

``setup/`` has what is no function: triggers (``guards.sql``), the role of the ledger (``close.sql``), what the mall's
own role needs beside it (``open_to.sql``), and how PostgreSQL's catalogue must show all of it (``catalogue.txt``). A
migration that alters a table of the ledger does so as its role: ``operations = owned(migrations.AddField(...))``.
"""

import hashlib
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.db import ProgrammingError, migrations, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import StateApps
from psycopg.errors import UndefinedObject

FOLDER = Path(__file__).parent
SETUP = FOLDER / "setup"
ROLE = "points_ledger"
BODY = re.compile(r"AS \$\$(.*)\$\$;\s*\Z", re.DOTALL)
Act = Callable[[BaseDatabaseSchemaEditor], object]
OWNER = "SELECT relowner::regrole::text FROM pg_class WHERE oid = to_regclass('points_account')"


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.sql"))


def fingerprint() -> str:
    """A short hash of all function files; migrations name it, so that a changed file asks for a migration."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files())).hexdigest()[:16]


# Operations of migrations


class Install(migrations.RunPython):
    """Brings the functions of the database to the files of the ``fingerprint``."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(_on_editor(_as_role(partial(_install, fingerprint))), migrations.RunPython.noop)
        self.fingerprint = fingerprint


def install(fingerprint: str) -> Install:
    """Bring the functions of the database to the files."""
    return Install(fingerprint)


def guard() -> migrations.RunPython:
    """Add triggers and storage options."""
    return _run(_as_role(lambda schema_editor: schema_editor.execute((SETUP / "guards.sql").read_text(), None)))


def close() -> migrations.RunPython:
    """Give tables and functions to a role of their own, where the database lets us."""
    return _run(lambda schema_editor: close_now(schema_editor.connection))


def owned(*operations: Operation) -> list[Operation]:
    """``operations`` by the role that the tables belong to, as a list."""
    return [_run(_become), *operations, _run(_resign)]


def _run(act: Act) -> migrations.RunPython:
    return migrations.RunPython(_on_editor(act), migrations.RunPython.noop)


def _on_editor(act: Act) -> Callable[[StateApps, BaseDatabaseSchemaEditor], None]:
    """``act`` as Django calls it in a migration, which needs no models."""

    def run(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 - as its caller has it
        act(schema_editor)

    return run


def _as_role(act: Act) -> Act:
    def do(schema_editor: BaseDatabaseSchemaEditor) -> None:
        with transaction.atomic(schema_editor.connection.alias):
            _become(schema_editor)
            act(schema_editor)
            _resign(schema_editor)

    return do


def _become(schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        if _belongs_to_role(cursor):
            cursor.execute(f"SET ROLE {ROLE}")


def _resign(schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in schema_editor.deferred_sql:  # what Django would do at the end: indexes, keys
        schema_editor.execute(statement)
    schema_editor.deferred_sql.clear()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def _install(named: str, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection, is_last = schema_editor.connection, named == fingerprint()
    with connection.cursor() as cursor:
        # Functions call each other: let the order of files not matter.
        cursor.execute("SET LOCAL check_function_bodies = off")
        there = set() if is_last else {name for name, _body in _functions(cursor)}
        for path in files():
            if path.stem in there:
                continue
            try:
                with transaction.atomic(connection.alias):
                    cursor.execute(path.read_text())
            except ProgrammingError as error:
                if is_last or not isinstance(error.__cause__, UndefinedObject):
                    raise


# The role


def close_now(connection: BaseDatabaseWrapper) -> bool:
    """Give the ledger to ``points_ledger``. False where the database's owner may not make or become that role."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute((SETUP / "close.sql").read_text())
        return _belongs_to_role(cursor)


def open_to(connection: BaseDatabaseWrapper, role: str) -> None:
    """Give ``role`` what the mall needs beside the ledger."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('points.opened_to', %s, true)", [role])
        cursor.execute((SETUP / "open_to.sql").read_text())


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
    cursor.execute(
        "SELECT proname, prosrc FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(points|ledger)_'"
    )
    return set(cursor.fetchall())


def catalogue(cursor: CursorWrapper) -> list[str]:
    """How tables, constraints, indexes, triggers and functions of the ledger stand in the database: lines of text."""
    cursor.execute((SETUP / "catalogue.sql").read_text())
    return sorted(line for (line,) in cursor.fetchall())


def wanted_catalogue() -> list[str]:
    """The same lines as the migrations leave them."""
    return (SETUP / "catalogue.txt").read_text().splitlines()
