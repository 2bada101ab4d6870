import json

from django.core.management.base import BaseCommand

from core import clock
from points.earning.services import review


class Command(BaseCommand):
    help = (
        "Credit earnings under review, and appeals, that nobody decided by the day that their members were told. Each "
        "in a transaction of its own; safe to stop and start again, and to run twice at once. Exit code 0: none is "
        "left, 1: some were busy and are left for the next run."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="count them and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, dry_run, **options):
        at = clock.now()
        released = 0 if dry_run else sum(review.release_overdue(at=at))
        result = {"released": released, "left": review.overdue(at=at).count(), "dry_run": dry_run}
        text = "{left:,} are overdue. Dry run: nothing was written." if dry_run else "Credited {released:,} earnings."
        if result["left"] and not dry_run:
            text += " {left:,} are left for the next run."
        self.stdout.write(json.dumps(result) if options["json"] else text.format(**result))
        if result["left"] and not dry_run:
            raise SystemExit(1)
