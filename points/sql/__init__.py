"""The functions of the ledger, one a file, named as the file. ``points.ledger`` calls those that begin with
``ledger_``.

To change one: edit its file (drop the old signature in the migration where the arguments change) and add a migration
with ``install(<fingerprint()>)``. Tests fail when the database, the files and the latest migration do not agree.
"""

import hashlib
import re
from pathlib import Path

from django.db import migrations

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
    operation = migrations.RunPython(_install, migrations.RunPython.noop)
    operation.fingerprint = fingerprint
    return operation


def guard():
    """The migration operation that adds triggers, keys between ledger tables and storage options."""
    return migrations.RunSQL(GUARDS.read_text(), migrations.RunSQL.noop)


def _install(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        # Functions call each other: let the order of files not matter.
        cursor.execute("SET LOCAL check_function_bodies = off")
        for path in files():
            cursor.execute(path.read_text())


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
