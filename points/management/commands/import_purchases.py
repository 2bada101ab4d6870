import json
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from core import actors, clock, tables
from core.errors import DomainError
from core.progress import Bar
from core.tables.commands import content_of, write_report
from points.purchases.services import purchase_file, purchase_import

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Book the purchases in a CSV or XLSX file: columns member (phone, or the number that the file knows the member "
        "by), order_number, paid_at (without a zone the shop's), category (code or name), amount (yuan) and refund_of "
        "(empty, or the order that this line gives back), in any order. Lines with one order number are one purchase. "
        "All is booked in order of time and as of paid_at; the same file again changes nothing and goes on where it "
        "was stopped. Refused lines are reported with their numbers, the others are booked. Exit code 0: all lines are "
        "booked (or were before, or would be with --dry-run), 1: lines refused or file not readable, 2: wrong "
        "arguments."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--create-members",
            action="store_true",
            help="make members of names that nobody has yet; they get no welcome points, which are not for a history",
        )
        parser.add_argument(
            "--welcome",
            action="store_true",
            help="with --create-members: give each of them the welcome points of the rules in force, as if they had "
            "signed up today",
        )
        parser.add_argument(
            "--leave-out",
            action="append",
            default=[],
            metavar="COLUMN",
            help="a column that is not known and changes nothing about purchases; may be given several times",
        )
        parser.add_argument("--report", type=Path, metavar="CSV", help="write the refused lines into this file")
        parser.add_argument("--dry-run", action="store_true", help="check every line and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, file, create_members, welcome, leave_out, report, dry_run, **options):
        if welcome and not create_members:
            raise CommandError("--welcome says what --create-members does: give both.", returncode=2)
        content = content_of(file)
        try:
            done = purchase_import.run(
                content,
                create_members=create_members,
                welcome=welcome,
                dry_run=dry_run,
                leave_out=leave_out,
                by=actors.system("import"),
                at=clock.now(),
                reading=Bar("Reading", tables.about_lines(content)),
                booking=_Booked(),
            )
        except tables.ColumnsUnknown as error:
            raise CommandError(f"{error} Or name each of them: --leave-out COLUMN.") from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        if report:
            write_report(report, purchase_file.REPORT, (line.as_list() for line in done.refused))
        self.stdout.write(_as_json(done, dry_run) if options["json"] else _as_text(done, dry_run))
        if done.refused:
            raise SystemExit(1)


class _Booked:
    """The second bar: how many orders there are is known when the first is done."""

    bar = None

    def __call__(self, done, total):
        if self.bar is None:
            self.bar = Bar("Booking", total)
        self.bar(done)


def _as_json(done, dry_run):
    figures = asdict(done) | {
        "refused_lines": done.refused_lines,
        "refused": [line.as_dict() for line in done.refused],
        "dry_run": dry_run,
    }
    return json.dumps(figures, ensure_ascii=False)


def _as_text(done, dry_run):
    lines = [f"line {line.number}: {line.problem}" for line in done.refused[:SHOWN]]
    if done.refused_lines > SHOWN:
        lines.append(f"... and {done.refused_lines - SHOWN:,} more lines; --report writes all of them")
    if done.note:
        lines.append(done.note)
    if done.unknown_categories:
        lines.append(_unknown(done.unknown_categories, dry_run))
    verb = "to book" if dry_run else "booked"
    lines.append(
        f"{done.lines:,} lines: {done.purchases:,} purchases {verb}, {done.repeated:,} booked before;"
        f" {done.refunds:,} refunds {verb}, {done.refunds_repeated:,} before;"
        f" {done.members_created:,} new members; {done.refused_lines:,} lines refused"
    )
    if done.members_created:
        lines.append(_welcome(done, dry_run))
    if dry_run:
        lines.append("Dry run: nothing was written.")
    else:
        lines.append(f"{done.points:,} points earned, {done.points_back:,} taken back.")
        if done.ended:
            lines.append(f"{done.ended:,} of them had ended by now; they count for the tiers of their time.")
    return "\n".join(lines)


def _unknown(categories, dry_run):
    named = ", ".join(f"{name} ({lines:,} lines)" for name, lines in list(categories.items())[:SHOWN])
    more = f" and {len(categories) - SHOWN:,} more" if len(categories) > SHOWN else ""
    earn = "would earn" if dry_run else "earned"
    return f"Categories that neither the rules nor the catalogue know {earn} no bonus: {named}{more}."


def _welcome(done, dry_run):
    get = "would get" if dry_run else "get"
    if not done.welcome_points:
        return f"New members {get} no welcome points."
    whole = done.members_created * done.welcome_points
    return f"New members {get} {done.welcome_points:,} welcome points each, {whole:,} in all."
