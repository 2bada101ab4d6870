import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from core import approvals, clock, tables
from core.errors import DomainError
from core.progress import Bar
from core.tables.commands import content_of, write_report
from points.grants.models import BulkGrant, Reason
from points.grants.services import grant_file, granting
from points.management.commands.adjust_points import approver, staff_actor

SHOWN = 20
STILL = {BulkGrant.State.PENDING: 3, BulkGrant.State.DONE: 0}


class Command(BaseCommand):
    help = (
        "Give points to the members in a CSV or XLSX file: columns member (phone, e-mail, username or number) and "
        "points, and as you like reason and key. Every line is checked first; refused lines are reported with their "
        "numbers, and nothing is given unless --skip-refused leaves them out. Given in batches; the same file again "
        "goes on where it stopped and gives nobody twice. What needs a second person is decided as for adjust_points. "
        "Exit code 0: granted (or --dry-run without a refused line), 1: file not readable, lines refused or the "
        "request was turned down, 2: wrong arguments, 3: waits for a second person."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--reason", default=Reason.GOODWILL, choices=Reason.values, help="of lines that name none")
        parser.add_argument("--skip-refused", action="store_true", help="give to the good lines all the same")
        parser.add_argument("--by", metavar="STAFF", help="who asks: phone, e-mail, username or number of a person")
        parser.add_argument(
            "--approved-by", metavar="STAFF", help="the second person, who must have the permission to approve"
        )
        parser.add_argument("--report", type=Path, metavar="CSV", help="write the refused lines into this file")
        parser.add_argument("--dry-run", action="store_true", help="check every line and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, file, reason, skip_refused, by, approved_by, report, dry_run, **options):
        now = clock.now()
        actor = staff_actor(by)
        second = approver(approved_by) if approved_by else None
        content = content_of(file)
        bar = Bar("Checking", tables.about_lines(content))
        try:
            if dry_run:
                result = _dry(grant_file.check(content, reason=reason, progress=bar))
            else:
                grant = granting.take_in(
                    name=file.name, content=content, reason=reason, skip_refused=skip_refused, by=actor, at=now
                )
                result = _run(granting.judge(grant=grant, at=now, progress=bar), actor, second, now)
        except DomainError as error:
            raise CommandError(str(error)) from error
        if report:
            write_report(report, grant_file.REPORT, (line.values() for line in result["refused"]))
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else _as_text(result, dry_run))
        code = int(bool(result["refused_lines"])) if dry_run else STILL.get(result["state"], 1)
        if code:
            raise SystemExit(code)


def _dry(checked):
    return {
        "lines": len(checked.good) + len(checked.refused),
        "good": len(checked.good),
        "points": checked.total,
        "granted": 0,
        "repeated": sum(line.is_repeated for line in checked.good),
        "refused_lines": len(checked.refused),
        "refused": [_named(line.as_list()) for line in checked.refused],
        "note": checked.note,
        "state": "dry-run",
    }


def _run(grant, actor, second, now):
    if grant.state == BulkGrant.State.BROKEN:
        raise CommandError(grant.problem)
    if grant.state == BulkGrant.State.CHECKED and (grant.skip_refused or not grant.refused_lines):
        grant = granting.start(grant=grant, by=actor, at=now)
    if grant.state == BulkGrant.State.PENDING and second:
        approvals.approve(approval=grant.approval, by=second, at=now)
        grant.refresh_from_db(fields=["state"])
    if grant.state == BulkGrant.State.RUNNING:
        grant = granting.work_off(grant=grant, at=now, progress=Bar("Granting", grant.good_lines))
    return {
        "lines": grant.good_lines + grant.refused_lines,
        "good": grant.good_lines,
        "points": grant.total_points,
        "granted": grant.granted,
        "repeated": grant.repeated,
        "refused_lines": grant.refused_lines,
        "refused": [_named(line) for line in grant.refused],
        "note": grant.problem,
        "state": grant.state,
        "grant": grant.pk,
    }


def _named(line):
    return dict(zip(grant_file.REPORT, line, strict=True))


def _as_text(result, dry_run):
    lines = [f"line {line['line']}: {line['problem']}" for line in result["refused"][:SHOWN]]
    if result["refused_lines"] > SHOWN:
        lines.append(f"... and {result['refused_lines'] - SHOWN} more lines; --report writes all of them")
    if result["note"]:
        lines.append(result["note"])
    lines.append(
        f"{result['lines']:,} lines: {result['good']:,} good for {result['points']:,} points,"
        f" {result['refused_lines']:,} refused, {result['repeated']:,} granted before"
    )
    if dry_run:
        lines.append("Dry run: nothing was written.")
    elif result["state"] == BulkGrant.State.PENDING:
        lines.append(f"Waits for a second person: bulk grant {result['grant']} on the staff's pages.")
    elif result["state"] == BulkGrant.State.DONE:
        lines.append(f"Granted {result['granted']:,} lines.")
    else:
        lines.append("Nothing was granted. Correct the file, or leave the refused lines out with --skip-refused.")
    return "\n".join(lines)
