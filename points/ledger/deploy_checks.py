"""System checks of the ledger: its files have a migration; with ``--deploy --database default``, nobody else writes
it."""

import pkgutil
from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connections

from points.ledger import rights, sql

MIGRATIONS = "points.migrations"


@register()
def files_have_a_migration(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A changed function or trigger reaches a database by a migration, and by no other way (B1)."""
    wanted = sql.fingerprint()
    if _last_installed() == wanted:
        return []
    return [
        Error(
            "The SQL files of the ledger were changed, and no migration brings them to the database.",
            hint=f'Add one to points/migrations: operations = [sql.install("{wanted}")].',
            id="points.E001",
        )
    ]


def _last_installed() -> str | None:
    names = sorted((module.name for module in pkgutil.iter_modules(import_module(MIGRATIONS).__path__)), reverse=True)
    for name in names:
        for operation in reversed(import_module(f"{MIGRATIONS}.{name}").Migration.operations):
            if isinstance(operation, sql.Install):
                return operation.fingerprint
    return None


@register(Tags.database, deploy=True)
def mall_cannot_make_points(
    app_configs: Sequence[AppConfig] | None, databases: Collection[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Whoever holds the mall's connection should not be able to write the ledger (B1)."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or not rights.connection_may_write(connections[DEFAULT_DB_ALIAS]):
        return []
    return [
        Warning(
            "The role of DATABASE_URL could write the points ledger: it may become its owner, or is a superuser.",
            hint="Give web, worker and beat a role of their own: manage.py close_ledger --web ROLE.",
            id="points.W001",
        )
    ]
