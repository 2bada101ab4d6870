"""With which rights tests speak to the database: those of the mall's own role in production (``close_ledger --web``),
so that every test shows that they suffice. Who sets a scene past the mall asks for more, ``superuser()``."""

import contextlib
from contextlib import contextmanager

from django.db import ProgrammingError, connection, transaction

from points.ledger import rights

ROLE = "test_mall"  # of the whole server: its databases share it


def take():
    """Let the mall's connection become ``ROLE``; returns how to become again who signed in."""
    with connection.cursor() as cursor, contextlib.suppress(ProgrammingError), transaction.atomic():
        cursor.execute(f"CREATE ROLE {ROLE} NOLOGIN")  # refused where another process of the tests was here
    rights.close(connection, web=ROLE)
    with connection.cursor() as cursor:  # between tests the tables are emptied
        cursor.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {ROLE}")
    options = connection.settings_dict["OPTIONS"]
    before = options["options"]
    options["options"] = f"{before} -c role={ROLE}"
    connection.close()

    def give_back():
        options["options"] = before
        connection.close()

    return give_back


@contextmanager
def superuser():
    """A cursor with the rights of who signed in."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        yield cursor
        cursor.execute("RESET ROLE")


@contextmanager
def tampering():
    """A cursor with which a superuser changes rows past the ledger, triggers and keys off."""
    with superuser() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = origin")
