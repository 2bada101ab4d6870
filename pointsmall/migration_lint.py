"""``python -m pointsmall.migration_lint``, part of ``make lint``: checks the SQL of the mall's migrations with squawk.

It finds what would block a running mall: indexes and constraints built under a lock, rewritten tables, columns that the
previous version still reads or does not fill. Unavoidable cases are in ``EXEMPT`` with the reason, and the migration
itself says what to stop and why.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import django

from pointsmall.bootstrap import prepare

CONFIG = Path(__file__).resolve().parent.parent / ".squawk.toml"
APPS = ("core", "accounts", "points", "catalog", "orders", "activities", "analytics")
EXEMPT = {
    "orders.0002_pricing": "Its indexes, keys and constraints are on tables that it makes, empty ones.",
    "orders.0003_payments": "As 0002; and a column of payments goes that the version before reads: stop it first.",
    "orders.0004_shipping": "The version before cannot add carriers meanwhile, which staff do once in a year.",
    "orders.0008_unread_rows": "The version before cannot fetch statements meanwhile; the next night does.",
    "points.0011_begins_later": "Purchases without a begin are new; the version before does not write them.",
    "points.0016_approvals": "What staff did by hand moves to another table, thousands of rows: stop the mall.",
}


def findings(migrations):
    """``{"app.migration": [what squawk says]}`` of ``(name, statements)`` pairs."""
    with TemporaryDirectory() as folder:
        paths = [_write(Path(folder), name, statements) for name, statements in migrations]
        command = [Path(sys.executable).with_name("squawk"), "--config", CONFIG, "--reporter", "json", *paths]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)  # exit code 1: it found some
        found = {}
        for finding in json.loads(done.stdout):
            found.setdefault(Path(finding["file"]).stem, []).append(f"{finding['rule_name']}: {finding['message']}")
        return found


def faults(found):
    """Findings that are not exempt, and exemptions that are no longer needed: lines of text."""
    for name in sorted(found.keys() - EXEMPT.keys()):
        yield from (f"{name}: {text}" for text in found[name])
    for name in sorted(EXEMPT.keys() - found.keys()):
        yield f"{name}: is exempt, and has nothing to be exempt from."


def migrations():
    """``(name, statements)`` of each of the mall's migrations, as ``sqlmigrate`` prints them."""
    from django.db import connection  # noqa: PLC0415 - after setup()
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415 - after setup()

    loader = MigrationLoader(connection, replace_migrations=False)
    for app, name in sorted(loader.disk_migrations):
        if app in APPS:
            migration = loader.get_migration(app, name)
            statements = loader.collect_sql([(migration, False)])
            yield f"{app}.{name}", ["BEGIN;", *statements, "COMMIT;"] if migration.atomic else statements


def _write(folder, name, statements):
    path = folder / f"{name}.sql"
    path.write_text("\n".join(statements) + "\n")
    return path


def main():
    prepare()
    django.setup()
    lines = list(faults(findings(migrations())))
    print(*lines, sep="\n", end="\n" if lines else "")
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
