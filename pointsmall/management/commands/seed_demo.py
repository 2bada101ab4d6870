"""Load the demo content (development only)."""

import logging
import time
from collections import Counter

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from core import clock
from core.errors import DomainError
from pointsmall.demo import loading, members, plan, products


class Command(BaseCommand):
    help = (
        "Load the demo content: goods with pictures, a staff login, members with half a year of history and orders in "
        "every state, all made through the services and dated back from today. What is there already is left alone, "
        "so running it again changes nothing. Everything is written or, on an error, nothing. Never runs in "
        "production. Exit code 1 when it was refused, failed, or left a ledger that does not add up."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--members",
            dest="most_members",
            type=int,
            default=len(members.MEMBERS),
            metavar="N",
            help=f"only the first N members, 1 to {len(members.MEMBERS)} (default: all)",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be loaded and write nothing")

    def handle(self, *, most_members, dry_run, **options):
        if settings.PRODUCTION:
            raise CommandError("The demo content has known passwords; it is not loaded in production.")
        if not 1 <= most_members <= len(members.MEMBERS):
            raise CommandError(f"--members takes 1 to {len(members.MEMBERS)}.")
        logging.getLogger("django_structlog").setLevel(logging.WARNING)  # a line for each task would bury ours
        now = clock.now()
        if dry_run:
            self._tell_plan(most_members, now)
            return
        started = time.monotonic()
        try:
            loaded = loading.load(most_members=most_members, now=now, say=self._say)
        except (DomainError, loading.NotLoaded) as error:
            raise CommandError(
                f"The demo content was not loaded, nothing was kept. {type(error).__name__}: {error}"
            ) from error
        if not loaded:
            self.stdout.write("The demo content is there already; nothing was changed.")
            return
        self.stdout.write(
            f"Loaded {loaded.products} products and {loaded.members} members in {time.monotonic() - started:.0f} s."
        )

    def _say(self, line):
        self.stdout.write(f"  {line}")
        self.stdout.flush()

    def _tell_plan(self, count, now):
        catalogue = products.load()
        acts = Counter(event.act for event in plan.plan(catalogue, now=now) if event.member <= count)
        self.stdout.write(f"Would load {len(catalogue)} products in {len(products.CATEGORIES)} categories,")
        self.stdout.write(
            f"{count} members with {acts['signs_in']} sign-ins, {acts['buys']} purchases and {acts['places']} orders."
        )
        self.stdout.write("Nothing was written.")
