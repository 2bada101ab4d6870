import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.errors import DomainError
from core.tables.commands import content_of, write_report
from orders.shipping.services import shipping_file
from points.management.commands.adjust_points import staff_actor

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Ship the orders in a CSV or XLSX file: columns order (number), carrier (code or name) and tracking_number; "
        "lines with neither carrier nor number are passed over. Every line is checked first; refused lines are "
        "reported with their numbers, and nothing is shipped unless --skip-refused leaves them out. All parcels are "
        "handed over in one transaction; the same file again ships nothing twice. Exit code 0: shipped (or --dry-run "
        "without a refused line), 1: file not readable, lines refused, or orders busy (try again), 2: wrong arguments."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--skip-refused", action="store_true", help="ship the good lines all the same")
        parser.add_argument(
            "--shared",
            action="store_true",
            help="orders of several recipients with one tracking number are in one parcel",
        )
        parser.add_argument("--by", metavar="STAFF", help="who ships: phone, e-mail, username or number of a person")
        parser.add_argument("--report", type=Path, metavar="CSV", help="write the refused lines into this file")
        parser.add_argument("--dry-run", action="store_true", help="check every line and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, file, skip_refused, shared, by, report, dry_run, **options):
        actor = staff_actor(by)
        content = content_of(file)
        shipped = 0
        try:
            if dry_run:
                checked = shipping_file.check(content, shared=shared)
            else:
                checked = shipping_file.ship_file(
                    content=content, skip_refused=skip_refused, shared=shared, by=actor, at=clock.now()
                )
                shipped = len(checked.to_ship)
        except shipping_file.LinesRefused as error:
            checked = error.details["checked"]
        except DomainError as error:
            raise CommandError(str(error)) from error
        if report:
            write_report(report, shipping_file.REPORT, (line.as_list() for line in checked.refused))
        result = {
            "lines": len(checked.good) + len(checked.refused),
            "good": len(checked.good),
            "shipped": shipped,
            "done_before": checked.done,
            "waiting": checked.waiting,
            "refused_lines": len(checked.refused),
            "refused": [dict(zip(shipping_file.REPORT, line.as_list(), strict=True)) for line in checked.refused],
            "note": checked.note,
            "dry_run": dry_run,
        }
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else _as_text(result))
        if checked.refused and (dry_run or not skip_refused):
            raise SystemExit(1)


def _as_text(result):
    lines = [f"line {line['line']}: {line['problem']}" for line in result["refused"][:SHOWN]]
    if result["refused_lines"] > SHOWN:
        lines.append(f"... and {result['refused_lines'] - SHOWN} more lines; --report writes all of them")
    if result["note"]:
        lines.append(result["note"])
    lines.append(
        f"{result['lines']:,} lines: {result['good']:,} good, {result['refused_lines']:,} refused,"
        f" {result['done_before']:,} shipped before; {result['waiting']:,} more without a parcel"
    )
    if result["dry_run"]:
        lines.append("Dry run: nothing was written.")
    else:
        lines.append(f"Shipped {result['shipped']:,} orders.")
    return "\n".join(lines)
