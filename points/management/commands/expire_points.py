import json

from django.core.management.base import BaseCommand, CommandError

from core import actors, clock
from core.progress import Bar
from points import ledger
from points.ledger import queries
from points.ledger.services import expiry, warning


class Command(BaseCommand):
    help = (
        "Book out the points that ended, in short transactions. Safe to stop and start again, to run twice at once, "
        "and beside members who spend. Exit code 0: nothing that ended is left; 1: something is left, because "
        "accounts were busy or could not be booked out, or an error stopped the run; 2: wrong arguments."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="count what ended and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--batch",
            type=int,
            default=expiry.ACCOUNTS,
            metavar="N",
            help=f"accounts a transaction, 1 to {ledger.MOST_ACCOUNTS} (default: {expiry.ACCOUNTS})",
        )
        parser.add_argument(
            "--warn-only", action="store_true", help="tell members what ends soon, and book out nothing"
        )

    def handle(self, *, dry_run, batch, warn_only, **options):
        if not 1 <= batch <= ledger.MOST_ACCOUNTS:
            raise CommandError(f"--batch takes 1 to {ledger.MOST_ACCOUNTS}.", returncode=2)
        if dry_run and warn_only:
            raise CommandError("--dry-run counts what ended; it does not go with --warn-only.", returncode=2)
        at = clock.now()
        if warn_only:
            result, text = {"warned": sum(warning.warn(at=at))}, "Told {warned:,} members what ends soon."
        elif dry_run:
            result = _counted(queries.ended(at=at)) | {"dry_run": True}
            text = "{lots:,} lots of {accounts:,} accounts ended, {points:,} points. Dry run: nothing was written."
        else:
            result, text = self._run(at, batch), "Booked out {lots:,} lots of {accounts:,} accounts, {points:,} points."
        if result.get("left"):
            text += " {left:,} accounts were busy and are left for the next run."
        if result.get("failed"):
            text += " {failed:,} accounts could not be booked out: the log says why, and audit_points may."
        self.stdout.write(json.dumps(result) if options["json"] else text.format(**result))
        if result.get("left") or result.get("failed"):
            raise SystemExit(1)

    def _run(self, at, batch):
        sums = {"accounts": 0, "lots": 0, "points": 0, "left": 0, "failed": 0}
        bar = Bar("Booking out", queries.ended(at=at).lots)
        for done in expiry.expire_points(by=actors.system("expiry"), at=at, batch=batch):
            for name, number in _counted(done).items():
                sums[name] += number
            sums["left"] += len(done.busy)
            sums["failed"] += len(done.failed)
            bar(sums["lots"])
        return sums


def _counted(done):
    return {"accounts": done.accounts, "lots": done.lots, "points": done.points}
