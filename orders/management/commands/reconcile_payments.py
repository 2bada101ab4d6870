import json
from datetime import date, timedelta

from django.core.management.base import BaseCommand, CommandError

from core import actors, clock
from core.errors import DomainError
from orders import payments
from orders.payments.base import CHINA, NoStatement
from orders.payments.services import reconciling


class Command(BaseCommand):
    help = (
        "Fetch the statements of payment providers for a day and compare them with the payments and refunds in our "
        "books, both ways. Differences are listed here and on the staff's pages; running it again opens none twice. "
        "Exit code 0: all agrees, 1: there are differences or rows that could not be read, 2: wrong arguments, "
        "3: a statement could not be had."
    )

    def add_arguments(self, parser):
        parser.add_argument("day", nargs="?", type=_day, help="YYYY-MM-DD of the providers' clock; default: yesterday")
        parser.add_argument("--provider", action="append", metavar="CODE", help="only this one; may be repeated")
        parser.add_argument("--dry-run", action="store_true", help="compare and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, day, provider, dry_run, **options):
        at = clock.now()
        day = day or at.astimezone(CHINA).date() - timedelta(days=1)
        codes = provider or [each.code for each in payments.offered()]
        if unknown := [code for code in codes if code not in payments.KNOWN or payments.KNOWN[code]().missing]:
            raise CommandError(f"Not configured here: {', '.join(unknown)}.", returncode=2)
        reports, failed = [], {}
        for code in codes:
            try:
                report = reconciling.reconcile(
                    provider=code, day=day, by=actors.system("command"), at=at, dry_run=dry_run
                )
                reports.append(report)
            except NoStatement:
                failed[code] = "no statement of that day yet"
            except DomainError as error:
                failed[code] = str(error)
        if options["json"]:
            result = {"day": day.isoformat(), "statements": [report.as_dict() for report in reports], "failed": failed}
            self.stdout.write(json.dumps(result | {"dry_run": dry_run}, ensure_ascii=False, default=str))
        else:
            self.stdout.write(_as_text(reports, failed, dry_run))
        if failed:
            raise SystemExit(3)
        if any(report.differences or report.unread for report in reports):
            raise SystemExit(1)


def _day(text):
    day = date.fromisoformat(text)
    if not clock.is_in_calendar(day):
        raise ValueError(text)
    return day


def _as_text(reports, failed, dry_run):
    lines = []
    for report in reports:
        lines.append(
            f"{report.provider} {report.day}: {report.paid_count:,} payments of {_yuan(report.paid_fen)}, "
            f"{report.refund_count:,} refunds of {_yuan(report.refund_fen)}, {len(report.differences)} differences"
        )
        lines += [
            f"  {each.kind}: {each.of} {each.reference}, ours {_yuan(each.ours_fen)}, theirs {_yuan(each.theirs_fen)}"
            for each in report.differences
        ]
        lines += [f"  row {row['row']} could not be read: {row['text']}" for row in report.unread]
    lines += [f"{code}: {why}" for code, why in failed.items()]
    if dry_run:
        lines.append("Dry run: nothing was written.")
    return "\n".join(lines)


def _yuan(fen):
    return "-" if fen is None else f"{fen / 100:,.2f}"
