"""Who may write the ledger's tables in the database: its own functions (``points.ledger.sql``), and nobody else."""

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from points.ledger import sql

UNFIT = """
SELECT CASE WHEN rolsuper THEN 'is a superuser'
    WHEN pg_has_role(role.oid, current_user, 'MEMBER') THEN 'may become the owner of the other tables'
    WHEN pg_has_role(role.oid, relowner, 'MEMBER') THEN 'may become the owner of the ledger' END
FROM pg_roles role, pg_class account
WHERE rolname = %s AND account.oid = 'points_account'::regclass
"""
MAY_WRITE = "SELECT pg_has_role(session_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(%s)"


class RoleUnfit(Exception):
    """A role that could write the ledger all the same, or that is not there."""


def close(connection: BaseDatabaseWrapper, *, web: str | None = None) -> bool:
    """Give the ledger to a role of its own, and to the role ``web``, if any, what the mall needs beside it. False where
    that is not possible, and triggers alone guard the tables. Raises ``RoleUnfit``."""
    with transaction.atomic(connection.alias):
        has_role = sql.close_now(connection)
        if web is not None:
            _refuse_unfit(connection, web)
            sql.open_to(connection, web)
    return has_role


def connection_may_write(connection: BaseDatabaseWrapper) -> bool | None:
    """Whether who signed in could write the ledger by becoming its owner. None before there is one."""
    with connection.cursor() as cursor:
        cursor.execute(MAY_WRITE, ["points_account"])
        found = cursor.fetchone()
    return None if found is None else bool(found[0])


def _refuse_unfit(connection: BaseDatabaseWrapper, role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UNFIT, [role])
        found = cursor.fetchone()
    if found is None:
        raise RoleUnfit(f"There is no role {role}: CREATE ROLE {role} LOGIN PASSWORD '...';")
    if found[0]:
        raise RoleUnfit(f"{role} {found[0]}: it could write the ledger whatever is taken from it.")
