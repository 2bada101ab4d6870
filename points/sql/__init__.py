"""The functions of the ledger, one a file, named as the file. ``points.ledger`` calls those that begin with
``ledger_``.

To change one: edit its file (drop the old signature in the migration where the arguments change) and add a migration
with ``install(<fingerprint()>)``. Tests fail when the database, the files and the latest migration do not agree.

Every migration installs the files of today. On a fresh database the early ones leave out what needs a type that comes
later; the last one leaves out nothing.
"""

import hashlib
import re
from functools import partial
from pathlib import Path

from django.db import ProgrammingError, migrations, transaction
from psycopg.errors import UndefinedObject

FOLDER = Path(__file__).parent
GUARDS = FOLDER / "guards.sql"
BODY = re.compile(r"AS \$\$(.*)\$\$;\s*\Z", re.DOTALL)


def files():
    return sorted(path for path in FOLDER.glob("*.sql") if path != GUARDS)


def fingerprint():
    """A short hash of all function files; migrations name it, so that a changed file asks for a migration."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files())).hexdigest()[:16]


def install(fingerprint):
    """The migration operation that brings the functions of the database to the files."""
    operation = migrations.RunPython(partial(_install, fingerprint), migrations.RunPython.noop)
    operation.fingerprint = fingerprint
    return operation


def guard():
    """The migration operation that adds triggers, keys between ledger tables and storage options."""
    return migrations.RunSQL(GUARDS.read_text(), migrations.RunSQL.noop)


def _install(named, apps, schema_editor):
    connection, is_last = schema_editor.connection, named == fingerprint()
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        # Functions call each other: let the order of files not matter.
        cursor.execute("SET LOCAL check_function_bodies = off")
        for path in files():
            try:
                with transaction.atomic(connection.alias):
                    cursor.execute(path.read_text())
            except ProgrammingError as error:
                if is_last or not isinstance(error.__cause__, UndefinedObject):
                    raise


def audits():
    """The statements of the audit; see ``points.audit``."""
    return [path.read_text() for path in sorted((FOLDER / "audit").glob("*.sql"))]


def differences(cursor):
    """Names of functions that are missing in the database, differ from their file, or have no file."""
    cursor.execute(
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND (proname ~ '^points_' OR proname ~ '^ledger_')"
    )
    there = sorted(cursor.fetchall())
    wanted = sorted((path.stem, BODY.search(path.read_text())[1]) for path in files())
    return sorted({name for name, body in set(there) ^ set(wanted)})
