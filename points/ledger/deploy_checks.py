"""System checks that ask the database: ``manage.py check --deploy --database default``."""

from collections.abc import Collection, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connections

from points.ledger import rights


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
