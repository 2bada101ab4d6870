from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from points.ledger import rights


class Command(BaseCommand):
    help = (
        "Give the ledger's tables and functions to a database role of their own, points_ledger, so that nothing but "
        "those functions can write points. `migrate` does it too; run it as the owner of the database after a restore, "
        "or when the audit finds other owners or rights. Exit code 0: done; 1: not possible, and why."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--web",
            metavar="ROLE",
            help="also give this role what web, worker and beat need: all tables, but of the ledger only to read",
        )

    def handle(self, *, web, **options):
        try:
            has_role = rights.close(connection, web=web)
        except rights.RoleUnfit as error:
            raise CommandError(str(error)) from error
        if not has_role:
            raise CommandError(
                "This role may neither make nor become points_ledger: triggers alone guard the ledger. Let somebody "
                "who may make roles run: CREATE ROLE points_ledger NOLOGIN; GRANT points_ledger TO <this role>;"
            )
        self.stdout.write(
            "Only its own functions write the ledger." + (f" {web} may do all else that the mall does." if web else "")
        )
