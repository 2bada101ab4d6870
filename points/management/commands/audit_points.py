import json
import sys

from django.core.management.base import BaseCommand

from core import actors, clock
from points.ledger.services import sealing


class Command(BaseCommand):
    help = (
        "Prove the points ledger: entries = lots = allocations = balances = hash chain. The result is the seal on the "
        "staff's first page. Exit code 1 on any break."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options):
        _run, report = sealing.seal(by=actors.system("command"), at=clock.now())
        self.stdout.write(_as_json(report) if options["json"] else _as_text(report))
        if report.breaks:
            sys.exit(1)


def _as_json(report):
    return json.dumps(report.as_dict(), ensure_ascii=False)


def _as_text(report):
    lines = [f"{report.accounts} accounts, {report.entries} entries"]
    for found in report.breaks:
        where = "ledger" if found.account is None else f"account {found.account}"
        lines.append(f"{where}: {found.kind}: {found.detail}")
    lines.append(f"{len(report.breaks)} breaks" if report.breaks else "no break")
    return "\n".join(lines)
